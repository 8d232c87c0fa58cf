"""The audio side: the port ``MediaEngine`` and the engines that carry it out."""
