// Shows the chosen photos and shrinks big ones before sending, to spare the farmer's mobile data.
const WIDEST = 1920;

async function shrink(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 600_000) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // The server reads more kinds than the browser (HEIC): let it judge.
  }
  const scale = Math.min(1, WIDEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.86));
  if (!blob || blob.size >= file.size) return file;
  return new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" });
}

function preview(list, files) {
  for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  list.replaceChildren(...files.filter((file) => file.type !== "image/heic").map((file) => {
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = file.name;
    item.append(image);
    return item;
  }));
  list.hidden = files.length === 0;
}

export function photoPicker(element) {
  const input = element.querySelector("input[type=file]");
  const list = element.querySelector("[data-preview]");
  const state = element.querySelector("[data-state]");
  input.addEventListener("change", async () => {
    const chosen = [...input.files];
    preview(list, chosen);
    const small = await Promise.all(chosen.map(shrink));
    // Chosen again meanwhile: the newer choice has its own run.
    if (chosen.length !== input.files.length || chosen.some((file, n) => file !== input.files[n])) return;
    const parcel = new DataTransfer();
    small.forEach((file) => parcel.items.add(file));
    input.files = parcel.files;
    const kilobytes = Math.round(small.reduce((sum, file) => sum + file.size, 0) / 1024);
    state.textContent = chosen.length ? `${chosen.length} × 📷 · ${kilobytes.toLocaleString("vi-VN")} KB` : "";
  });
}
