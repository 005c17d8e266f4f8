/* A bar at the foot of the window for the piece that plays: where it is, the next one, the same bar of the pieces
   beside it, the volume, and a link that leads to this bar of this piece.

   The players of the page are whole without this file. Titles are other people's text and are only ever set as
   text; what a link asks for in vain is passed over. */
(() => {
  "use strict";

  const players = window.moodPlayers || [];
  if (!players.length) return;

  const VOLUME = "mood-volume";

  /** What the address asks for behind its #, and how to ask for more without leaving the page. */
  const address = {
    get: () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : ""), // not a heading's name
    set(changes) {
      const asked = address.get();
      for (const [name, value] of Object.entries(changes)) {
        if (value) asked.set(name, value);
        else asked.delete(name);
      }
      const hash = String(asked);
      try {
        history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
      } catch { /* a page inside another may not */ }
    },
  };

  /** The name of a piece in a link: that of its file. */
  function nameOf(player) {
    player.file ??= decodeURIComponent(player.audio.getAttribute("src").split("/").pop()).replace(/\.[^.]*$/, "");
    return player.file;
  }
  players.forEach(nameOf); // before a player takes its file from elsewhere

  function made(name, className, text = "") {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  }

  function button(className, text, work) {
    const element = made("button", className, text);
    element.type = "button";
    element.addEventListener("click", work);
    return element;
  }

  class Bar {
    constructor() {
      this.root = made("aside", "playing");
      this.root.setAttribute("aria-label", "Now playing");
      this.root.hidden = true;
      this.toggle = button("player-button", "", () => this.player.toggle());
      this.title = button("playing-title", "", () => this.show());
      this.place = made("span", "playing-place");
      this.next = button("playing-button", "Next", () => this.goOn());
      this.beside = made("span", "playing-beside");
      this.beside.setAttribute("role", "group");
      this.beside.setAttribute("aria-label", "The same bar of another piece");
      this.link = button("playing-button", "Copy link", () => this.copyLink());
      this.said = made("span", "playing-said");
      this.said.setAttribute("role", "status");
      this.close = button("playing-button playing-close", "×", () => this.hide());
      this.close.setAttribute("aria-label", "Stop and close");
      this.root.append(this.toggle, this.title, this.place, this.next, this.link, this.beside, this.volume(), this.said,
        this.close);
      document.body.append(this.root);
      for (const name of ["play", "pause", "ended", "timeupdate", "seeked"]) {
        document.addEventListener(name, (event) => this.heard(event), true);
      }
    }

    volume() {
      const label = made("label", "playing-volume", "Volume ");
      const slider = made("input", "");
      Object.assign(slider, { type: "range", min: "0", max: "1", step: "0.05", value: "1" });
      try {
        slider.value = localStorage.getItem(VOLUME) ?? "1";
      } catch { /* a page may be refused a memory */ }
      const set = () => { for (const { audio } of players) audio.volume = Number(slider.value); };
      slider.addEventListener("input", () => {
        set();
        try {
          localStorage.setItem(VOLUME, slider.value);
        } catch { /* it is loud again next time */ }
      });
      set();
      label.append(slider);
      return label;
    }

    heard({ type, target }) {
      const player = players.find(({ audio }) => audio === target);
      if (!player) return;
      if (type === "play") this.take(player);
      if (player === this.player) this.tell();
    }

    take(player) {
      if (this.player !== player) {
        this.player = player;
        this.said.textContent = "";
        this.title.textContent = player.title;
        this.title.setAttribute("aria-label", `Show ${player.title}`);
        this.showBeside();
      }
      this.root.hidden = false;
      document.body.classList.add("playing-open");
    }

    tell() {
      const { player, toggle, root, place } = this;
      const plays = !player.audio.paused && !player.audio.ended;
      root.classList.toggle("player-plays", plays);
      toggle.setAttribute("aria-label", `${plays ? "Pause" : "Play"}: ${player.title}`);
      if (place.textContent !== player.place) place.textContent = player.place;
    }

    hide() {
      this.player.audio.pause();
      this.root.hidden = true;
      document.body.classList.remove("playing-open");
      this.player.button.focus({ preventScroll: true });
    }

    /** Lead to the piece on the page, out of whatever hides it. */
    show() {
      const { figure, button: play } = this.player;
      figure.dispatchEvent(new CustomEvent("mood:reveal", { bubbles: true }));
      for (let fold = figure.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      figure.scrollIntoView({ block: "center" });
      play.focus({ preventScroll: true });
    }

    goOn() {
      const seen = players.filter(({ figure }) => figure.getClientRects().length || figure === this.player.figure);
      const next = seen[(seen.indexOf(this.player) + 1) % seen.length];
      next.seek(0);
      next.play();
    }

    /** A button for each piece that stands beside this one and has bars too. */
    showBeside() {
      const { figure } = this.player;
      const row = figure.closest(".listen-cells, [role=group]");
      const others = row && this.player.bars
        ? players.filter((other) => other !== this.player && other.bars && row.contains(other.figure)) : [];
      this.beside.replaceChildren(...(others.length ? [made("span", "", "This bar in:")] : []),
        ...others.map((other) => {
          const name = other.figure.querySelector("strong")?.textContent || other.title;
          const press = button("playing-button", name, () => this.change(other));
          press.setAttribute("aria-label", `Hear this bar of ${other.title}`);
          return press;
        }));
    }

    /** Go on with another piece, at the bar that has been reached. */
    change(other) {
      const bar = this.player.barAt(this.player.position);
      const held = this.beside.contains(document.activeElement);
      this.player.audio.pause();
      other.seek(other.roll.bars[Math.min(bar, other.bars) - 1]);
      other.play();
      this.take(other);
      this.tell();
      if (held) this.beside.querySelector("button")?.focus(); // the pressed one is gone
    }

    copyLink() {
      const { player } = this;
      const bar = player.bars ? player.barAt(player.position) : 0;
      address.set({ hear: nameOf(player), bar: bar > 1 ? String(bar) : "" });
      const shown = () => { this.said.textContent = "The link stands in the address."; };
      if (!navigator.clipboard) shown();
      else navigator.clipboard.writeText(location.href).then(() => { this.said.textContent = "The link is copied."; }, shown);
    }

    /** Go to the piece and bar that the address names; a browser plays nothing before somebody presses. */
    readAddress() {
      const asked = address.get();
      const player = asked.has("hear") && players.find((each) => nameOf(each) === asked.get("hear"));
      if (!player) return;
      const bar = Number(asked.get("bar") || 1);
      if (player.bars && Number.isInteger(bar) && bar >= 1) player.seek(player.roll.bars[Math.min(bar, player.bars) - 1]);
      this.take(player);
      this.tell();
      this.show();
    }
  }

  window.moodAddress = address;
  const bar = new Bar();
  const ready = () => bar.readAddress();
  if (document.readyState === "complete") ready();
  else window.addEventListener("load", ready); // when the grid of pieces stands
  window.addEventListener("hashchange", ready);
})();
