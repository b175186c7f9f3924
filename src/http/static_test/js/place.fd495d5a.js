// A module that says where it stands: long enough that compressing it is worth the header.
export function place(element) {
  const box = element.getBoundingClientRect();
  return { left: box.left, top: box.top, right: box.right, bottom: box.bottom };
}

export function distance(one, other) {
  const a = place(one);
  const b = place(other);
  return Math.hypot(a.left - b.left, a.top - b.top, a.right - b.right, a.bottom - b.bottom);
}
