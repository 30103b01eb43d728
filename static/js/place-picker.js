// Looks places up while somebody types; without it the button beside the box does the same through the server.
const WAIT = 250;

function choice(root, select, item) {
  const label = document.createElement("label");
  label.className = "choice";
  const radio = document.createElement("input");
  radio.type = "radio";
  radio.name = `${select.name}-hit`;
  radio.value = item.id;
  radio.addEventListener("change", () => { select.value = String(item.id); });
  const words = document.createElement("span");
  words.append(item.label);
  if (item.former) words.append(document.createElement("br"), small(root.dataset.before.replace("{}", item.former)));
  if (item.split) words.append(document.createElement("br"), small(root.dataset.split));
  label.append(radio, words);
  const row = document.createElement("li");
  row.append(label);
  return row;
}

function small(text) {
  const span = document.createElement("span");
  span.className = "muted small";
  span.textContent = text;
  return span;
}

export function placePicker(root) {
  const box = root.querySelector("input[type=search]");
  const select = root.querySelector("select");
  const hits = root.querySelector("[data-place-hits]");
  let timer, asked = 0;

  async function look() {
    const mine = ++asked;
    const text = box.value.trim();
    if (text.length < 2) return hits.replaceChildren();
    const answer = await fetch(`${root.dataset.places}?q=${encodeURIComponent(text)}`).catch(() => null);
    if (!answer?.ok || mine !== asked) return undefined;
    const { items } = await answer.json();
    const list = document.createElement("ul");
    list.className = "field__choices";
    list.append(...items.map((item) => choice(root, select, item)));
    return hits.replaceChildren(items.length ? list : small(root.dataset.none));
  }

  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, WAIT); });
  // Choosing from the list below is a change of mind: what was found no longer counts.
  select.addEventListener("change", () => { box.value = ""; hits.replaceChildren(); });
}
