/* What a reader asks for: the form's numbers, and the link that asks for the same again. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const OWN = "own"; // the choice of a file that was dropped
  const SLIDERS = ["temperature", "topP", "guidance"];
  // Names of the form's fields as a link writes them.
  const IN_LINK = { emotion: "emotion", genre: "genre", temperature: "temperature", topP: "top-p", guidance: "guidance",
    total: "length", maxTokens: "tokens", seed: "seed", from: "from", bars: "bars" };

  class Choices {
    /** `say` takes a sentence for the reader. */
    constructor(form, say) {
      this.fields = form.elements;
      this.say = say;
      for (const name of SLIDERS) this.fields[name].addEventListener("input", () => this.showNumbers());
      this.showNumbers();
    }

    numbers() {
      const names = [...SLIDERS, "seed", "maxTokens", "bars"];
      const total = Number(this.fields.total?.value) || null; // bars; only a network that has a plan can be told
      return { total, ...Object.fromEntries(names.map((name) => [name, Number(this.fields[name].value)])) };
    }

    showNumbers() {
      for (const name of SLIDERS) this.fields[name].parentElement.querySelector("output").value = this.fields[name].value;
    }

    /** Fill in what the address asks for; what it asks for in vain is said. */
    readLink() {
      const asked = new URLSearchParams(location.hash.slice(1));
      const names = Object.entries(IN_LINK).filter(([, name]) => asked.has(name));
      if (!names.length) return;
      let wrong = "";
      for (const [field, name] of names) {
        const value = asked.get(name), control = this.fields[field], before = control?.value;
        if (!control) {
          wrong ||= `The link asks for ${name} “${value.slice(0, 40)}”, which this page cannot tell its network.`;
          continue;
        }
        control.value = value;
        const taken = control.tagName === "SELECT" ? control.selectedIndex >= 0
          : value.trim() && Number(control.value) === Number(value) && control.checkValidity();
        if (taken) continue;
        wrong ||= `The link asks for ${name} “${value.slice(0, 40)}”, which this page does not have; it stays at “${before || "as it likes"}”.`;
        control.value = before;
      }
      this.showNumbers();
      this.say(wrong || "The link's choices are filled in. Press Compose to make its piece.");
    }

    /** The choices as the fragment of a link; a file of one's own cannot be in it. */
    link() {
      const { fields } = this;
      const begins = fields.from.value && fields.from.value !== OWN;
      const made = new URLSearchParams();
      for (const [field, name] of Object.entries(IN_LINK)) {
        if ((field === "total" && !fields.total?.value) || (!begins && (field === "from" || field === "bars"))) continue;
        made.set(name, fields[field].value);
      }
      return `#${made}`;
    }

    copyLink() {
      const address = location.href.split("#")[0] + this.link();
      const own = this.fields.from.value === OWN ? " Your file is not part of it." : "";
      const shown = () => this.say(`The link: ${address}${own}`);
      if (!navigator.clipboard) shown();
      else navigator.clipboard.writeText(address).then(() => this.say(`The link is copied.${own}`), shown);
    }
  }

  Choices.OWN = OWN;
  mood.Choices = Choices;
})();
