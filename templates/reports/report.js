"use strict";
// Opens every group for paper, and folds those again afterwards.
(function () {
  var opened = [];
  addEventListener("beforeprint", function () {
    var folded = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (group) { group.open = true; });
    opened = opened.concat(folded);
  });
  addEventListener("afterprint", function () {
    opened.forEach(function (group) { group.open = false; });
    opened = [];
  });
})();
// Filters the changes by site, action and field. The page is whole without it: then every line shows and the controls stay hidden.
(function () {
  var controls = document.getElementById("filter");
  if (!controls) { return; }
  var site = document.getElementById("filter-site");
  var action = document.getElementById("filter-action");
  var field = document.getElementById("filter-field");
  var told = document.getElementById("filter-told");
  var lines = Array.prototype.slice.call(document.querySelectorAll("tr[data-action]"));
  var groups = Array.prototype.slice.call(document.querySelectorAll("details[data-changes]"));
  var wasOpen = groups.map(function (group) { return group.open; });
  var active = false;

  function fits(line) {
    return (!site.value || line.getAttribute("data-site") === site.value)
      && (!action.value || line.getAttribute("data-action") === action.value)
      && (!field.value || (" " + line.getAttribute("data-fields") + " ").indexOf(" " + field.value + " ") >= 0);
  }

  // Lines that the page leaves out cannot be counted for two choices at once: no more than the fewer of the two.
  function rest() {
    var chosen = [site, action, field];
    var most = Math.min.apply(null, chosen.map(function (each) {
      return Number(each.options[each.selectedIndex].getAttribute("data-rest"));
    }));
    if (!most) { return ""; }
    var sure = chosen.filter(function (each) { return each.value; }).length < 2;
    return "; " + (sure ? "" : "up to ") + most.toLocaleString("en") + " more not on this page: see changes.csv";
  }

  function show() {
    var wanted = Boolean(site.value || action.value || field.value);
    var shown = 0;
    if (wanted && !active) { wasOpen = groups.map(function (group) { return group.open; }); }
    lines.forEach(function (line) {
      line.hidden = !fits(line);
      if (!line.hidden) { shown += 1; }
    });
    groups.forEach(function (group, index) {
      var any = group.querySelector("tr[data-action]:not([hidden])") !== null;
      group.hidden = wanted && !any;
      group.open = wanted ? any : active ? wasOpen[index] : group.open;
    });
    active = wanted;
    told.textContent = shown.toLocaleString("en") + " of " + lines.length.toLocaleString("en") + " lines shown" + rest();
  }

  [site, action, field].forEach(function (each) { each.addEventListener("change", show); });
  document.getElementById("filter-clear").addEventListener("click", function () {
    site.value = ""; action.value = ""; field.value = "";
    show();
  });
  controls.hidden = false;
  show();
})();
