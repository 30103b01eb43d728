// Copies data-copy to the clipboard and says so.
export function copy(element) {
  const button = element.querySelector("button") || element;
  const word = element.querySelector("[data-word]") || button;
  if (!navigator.clipboard) return;
  element.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(element.dataset.copy);
    const before = word.textContent;
    word.textContent = element.dataset.done || before;
    setTimeout(() => { word.textContent = before; }, 2500);
  });
}
