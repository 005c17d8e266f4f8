/* The page of all pieces: filters by emotion, genre and model, and few pieces at a time on a phone.

   Without this file all pieces stand there. Labels are other people's text and are only ever set as text. */
(() => {
  "use strict";

  const phone = window.matchMedia("(max-width: 576px)");
  const STEP = 12; // pieces that a press of the button adds

  class Grid {
    constructor(root) {
      this.root = root;
      this.first = Number(root.dataset.first);
      this.cells = [...root.querySelectorAll(".listen-cell")].map((cell) => {
        const pair = cell.closest(".listen-pair");
        return { cell, pair, Emotion: pair.dataset.emotion, Genre: pair.dataset.genre, Model: cell.dataset.source };
      });
      this.shown = this.first;
      this.filters = ["Emotion", "Genre", "Model"].map((name) => this.filter(name));
      const form = document.createElement("form");
      form.className = "listen-filters";
      form.addEventListener("submit", (event) => event.preventDefault());
      this.count = document.createElement("p");
      this.count.className = "listen-count";
      this.count.setAttribute("role", "status");
      form.append(...this.filters.map((select) => select.parentElement), this.count);
      root.prepend(form);
      this.more = document.createElement("button");
      this.more.type = "button";
      this.more.className = "listen-more";
      this.more.addEventListener("click", () => this.addMore());
      root.append(this.more);
      phone.addEventListener("change", () => this.show());
      window.addEventListener("hashchange", () => {
        if (location.hash.includes("=")) this.readAddress(); // else it leads to a heading
      });
      root.addEventListener("mood:reveal", ({ target }) => this.reveal(target.closest(".listen-cell")));
      this.readAddress();
    }

    /** The choices that the address holds; a label that is not there is passed over. */
    readAddress() {
      const asked = window.moodAddress?.get();
      for (const select of this.filters) {
        const value = asked?.get(select.dataset.name.toLowerCase());
        const option = [...select.options].find((each) => !each.dataset.all && each.value === value);
        if (option) option.selected = true;
        else if (asked) select.selectedIndex = 0;
      }
      this.shown = this.first;
      this.show();
    }

    writeAddress() {
      window.moodAddress?.set(Object.fromEntries(this.filters.map((select) => [select.dataset.name.toLowerCase(),
        select.selectedOptions[0].dataset.all ? "" : select.value])));
    }

    /** Show a cell that filters or a phone's few leave out. */
    reveal(cell) {
      if (!cell?.hidden) return;
      const one = this.cells.find((each) => each.cell === cell);
      if (!this.fits(one)) for (const select of this.filters) select.selectedIndex = 0;
      this.shown = Math.max(this.shown, this.cells.filter((each) => this.fits(each)).indexOf(one) + 1);
      this.show();
    }

    /** A choice among the labels that there are, or all of them. */
    filter(name) {
      const label = document.createElement("label");
      const select = document.createElement("select");
      const all = new Option("all", "");
      all.dataset.all = "yes";
      select.append(all);
      for (const value of new Set(this.cells.map((cell) => cell[name]))) select.append(new Option(value, value));
      select.dataset.name = name;
      select.addEventListener("change", () => {
        this.shown = this.first;
        this.show();
        this.writeAddress();
      });
      label.append(name, select);
      return select;
    }

    fits(cell) {
      return this.filters.every((select) => select.selectedOptions[0].dataset.all
        || cell[select.dataset.name] === select.value);
    }

    addMore() {
      const before = this.shown;
      this.shown += STEP;
      this.show();
      const next = this.cells.filter((cell) => this.fits(cell))[before];
      next?.cell.querySelector("button, audio, a")?.focus(); // the button may be gone
    }

    show() {
      const fitting = this.cells.filter((cell) => this.fits(cell));
      const shown = new Set(phone.matches ? fitting.slice(0, this.shown) : fitting);
      for (const one of this.cells) {
        one.cell.hidden = !shown.has(one);
        if (one.cell.hidden) one.cell.querySelector("audio")?.pause(); // nothing plays unseen
      }
      for (const pair of this.root.querySelectorAll(".listen-pair")) {
        pair.hidden = !pair.querySelector(".listen-cell:not([hidden])");
      }
      const left = fitting.length - shown.size;
      this.more.hidden = !left;
      this.more.textContent = `Show ${Math.min(STEP, left)} more`;
      this.count.textContent = fitting.length
        ? `${shown.size} of ${this.cells.length} pieces shown.`
        : "No piece has these labels; choose others.";
    }
  }

  for (const root of document.querySelectorAll(".listen-grid")) new Grid(root);
})();
