// A failed form puts the reader at its error summary; a form is sent once however often the button is pressed.
export function focus(element) {
  element.focus();
}

export function once(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  // The page kept by the browser for "back" must be usable again.
  window.addEventListener("pageshow", () => { delete form.dataset.sent; });
}
