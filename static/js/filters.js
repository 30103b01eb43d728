// Search conditions: sent as soon as one changes; folded away on a phone until asked for.
export function autoSubmit(form) {
  form.addEventListener("change", (event) => {
    if (event.target.type !== "search" && event.target.type !== "text") form.requestSubmit();
  });
}

export function filters(details) {
  if (window.matchMedia("(max-width: 61.99rem)").matches) details.open = false;
}
