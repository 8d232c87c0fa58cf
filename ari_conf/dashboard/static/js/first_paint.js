// Runs before anything is drawn, so that a chosen scheme does not flash in the other one's colours. See theme.js.
{
  const chosen = localStorage.getItem("ari_conf.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
