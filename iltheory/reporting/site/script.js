// Search and filters of the front page. Without this script the page shows everything.
"use strict";

const form = document.getElementById("filters");
const search = document.getElementById("search");
const choices = ["paper", "rung", "status"].map((name) => document.getElementById(name));
const shown = document.getElementById("shown");
const nothing = document.getElementById("nothing");

const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");

const rows = [...document.querySelectorAll("#matrix tr[data-rung]")].map((element) => {
  const group = element.parentElement;
  return {
    element,
    group,
    facts: { paper: group.dataset.paper, rung: element.dataset.rung, status: element.dataset.status },
    text: plain([element.firstElementChild.textContent, element.dataset.words, group.rows[0].textContent].join(" ")),
  };
});

function visible() {
  return rows.filter((row) => !row.element.hidden);
}

function apply() {
  const words = plain(search.value).split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const fits = choices.every((choice) => !choice.value || row.facts[choice.id] === choice.value);
    row.element.hidden = !(fits && words.every((word) => row.text.includes(word)));
  }
  const left = visible();
  const groups = new Set(left.map((row) => row.group));
  for (const group of document.querySelectorAll("#matrix tbody")) group.hidden = !groups.has(group);
  shown.textContent = `${left.length} of ${rows.length} claims`;
  nothing.hidden = left.length > 0;
}

// What is chosen is kept in the address, so that a search can be linked and the way back finds it again.
function remember() {
  const kept = new URLSearchParams();
  for (const field of [search, ...choices]) if (field.value) kept.set(field.id, field.value);
  history.replaceState(null, "", kept.size ? `#${kept}` : location.pathname);
}

function recall() {
  const kept = new URLSearchParams(location.hash.slice(1));
  for (const field of [search, ...choices]) field.value = kept.get(field.id) ?? "";
}

function update() {
  apply();
  remember();
}

form.addEventListener("submit", (event) => event.preventDefault());
for (const kind of ["input", "change"]) form.addEventListener(kind, update);

// "/" goes to the search, the arrow keys from there through the results.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !["INPUT", "SELECT"].includes(document.activeElement.tagName)) {
    event.preventDefault();
    search.focus();
    return;
  }
  if (event.key === "Escape" && document.activeElement === search) {
    search.value = "";
    update();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = visible().map((row) => row.element.querySelector("a"));
  const at = links.indexOf(document.activeElement);
  if (at < 0 && document.activeElement !== search) return;
  const next = at + step;
  if (next >= links.length) return;
  event.preventDefault();
  (next < 0 ? search : links[next]).focus();
});

window.addEventListener("hashchange", () => {
  recall();
  apply();
});

form.hidden = false;
recall();
apply();
