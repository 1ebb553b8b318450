// Runs before the first paint: style sheets can tell whether scripts run.
document.documentElement.classList.add("js");
