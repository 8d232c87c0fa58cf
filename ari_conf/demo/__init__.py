"""The main job, shown: callers with voices of their own in a moderated room, and who heard whom."""
