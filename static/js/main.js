// Attaches each behaviour to the elements that name it in data-module. Pages work without any of this.
import { autoSubmit, filters } from "./filters.js";
import { copy } from "./copy.js";
import { focus, once } from "./form.js";
import { offline } from "./offline.js";
import { photoPicker } from "./photo-picker.js";
import { placePicker } from "./place-picker.js";
import { quantity } from "./quantity.js";

const modules = {
  "auto-submit": autoSubmit, copy, filters, focus, offline, once, "photo-picker": photoPicker, "place-picker": placePicker, quantity,
};

for (const element of document.querySelectorAll("[data-module]")) {
  for (const name of element.dataset.module.split(" ")) {
    if (modules[name]) modules[name](element);
  }
}
