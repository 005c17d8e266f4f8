/* What a narrow window hides: a picture that had to shrink can be seen in its own size, and what scrolls sideways
   fades at the edge behind which there is more. The page is whole without this file. */
(() => {
  "use strict";

  const SHRUNK = 0.9; // of its own width, below which a picture can be enlarged
  const TABLES = ".pst-scrollable-table-container"; // of the theme, around a table of the text
  const SCROLLS = `article :is(.wide-table, ${TABLES}, [role=region][tabindex], .output.text_html, div.math, mjx-container[display=true], pre)`;

  function made(name, className, text = "") {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  }

  /** The width of a picture in CSS pixels before it had to shrink; 0 where nobody says. */
  const ownWidth = (image) => parseFloat(image.style.width) || Number(image.getAttribute("width"));

  /** A picture in its own size, in a box that scrolls both ways. */
  function enlarge(image) {
    const dialog = made("dialog", "enlarged");
    dialog.setAttribute("aria-label", image.alt || "Picture");
    const close = made("button", "enlarged-close", "Close");
    close.type = "button";
    close.addEventListener("click", () => dialog.close());
    const box = made("div", "enlarged-box");
    box.tabIndex = 0;
    const copy = made("img", "");
    Object.assign(copy, { src: image.src, alt: image.alt, width: ownWidth(image) });
    box.append(copy);
    dialog.append(close, box);
    dialog.addEventListener("close", () => dialog.remove()); // the browser gives the focus back
    document.body.append(dialog);
    dialog.showModal();
  }

  const shown = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      target.closest(".picture").classList.toggle("picture-shrunk", target.clientWidth < SHRUNK * ownWidth(target));
    }
  });

  for (const image of document.querySelectorAll("article img")) {
    if (image.closest("button") || !ownWidth(image)) continue;
    const link = image.closest("a"); // sphinx makes most pictures a link to their file, which a keyboard can press
    if (link && !link.matches(".image-reference")) continue;
    const picture = made("span", "picture");
    const press = made("button", "picture-enlarge", "Enlarge");
    press.type = "button";
    press.setAttribute("aria-label", `Enlarge: ${image.alt.slice(0, 80)}`);
    if (link) Object.assign(press, { tabIndex: -1, ariaHidden: "true" });
    const whole = link || image;
    whole.replaceWith(picture);
    picture.append(whole, press);
    picture.addEventListener("click", (event) => {
      if (event.target !== press && !picture.classList.contains("picture-shrunk")) return;
      event.preventDefault();
      enlarge(image);
    });
    shown.observe(image);
  }

  function tell(box) {
    const left = box.scrollLeft > 1, right = box.scrollLeft + box.clientWidth < box.scrollWidth - 1;
    const scrolls = (left || right) && getComputedStyle(box).overflowX !== "visible";
    box.classList.toggle("scrolls", scrolls);
    if (scrolls && box.matches(TABLES)) box.tabIndex = 0; // or a keyboard could not scroll it
    box.classList.toggle("scrolls-left", scrolls && left);
    box.classList.toggle("scrolls-right", scrolls && right);
  }

  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) tell(target.matches(SCROLLS) ? target : target.parentElement);
  });

  function watch() {
    for (const box of document.querySelectorAll(SCROLLS)) {
      for (const one of [box, ...box.children]) sized.observe(one); // what is inside may change too
      box.addEventListener("scroll", () => tell(box), { passive: true });
    }
  }

  window.addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(watch));
})();
