"""The decoder of the page book/compose in a real browser, without the page: asked from Python."""

import json

from lib.publish.compose_page.page import ASSETS

PARTS = ("network.js", "draw.js", "bars.js", "grammar.js", "composer.js")

# One request, composed by the very object that the page's Worker runs.
_COMPOSE = """(request) => new Promise((resolve, reject) => {
    const answer = {tokens: [], looks: []};
    const composer = new scope.MoodComposer((told) => {
        if (told.tell === "tokens") answer.tokens.push(...told.tokens);
        if (told.tell === "ended") { answer.spent = told.spent; answer.byItself = told.byItself; next(); }
        if (told.tell === "look") { answer.looks.push(told); next(); }
        if (told.tell === "failed") reject(new Error(told.message));
    });
    const places = [...(request.looks || [])];
    const next = () => {
        if (places.length) composer.hear({do: "inspect", place: places.shift()});
        else resolve(answer);
    };
    composer.hear({do: "load", model});
    composer.hear({do: "compose", piece: 1, request});
})"""

_LOGITS = """({tokens, emotion, genre}) => {
    network ??= new scope.MoodNetwork(model);
    const reading = network.begin(emotion, genre);
    return tokens.map((token) => [...network.read(reading, token)]);
}"""

# For each walk the rows before each of its tokens, 24 tokens a number, with the token set `tables`.
_ALLOWED = """({tables, walks}) => {
    const grammar = new scope.MoodGrammar(tables);
    return walks.map((walk) => {
        const state = grammar.start();
        return walk.map((token) => {
            const packed = new Array(Math.ceil(grammar.size / 24)).fill(0);
            state.allowed().forEach((may, at) => { if (may) packed[Math.floor(at / 24)] += 2 ** (at % 24); });
            state.advance(token);
            return packed;
        });
    });
}"""


class BrowserEngine:
    """The decoder in one page of a browser.

    Args:
        page: playwright's, with nothing in it.
        script: the text of the script that brings the model, if one is needed.
    """

    def __init__(self, page, script: str = ""):
        self.page = page
        for name in PARTS:
            page.add_script_tag(content=(ASSETS / name).read_text(encoding="utf-8"))
        page.add_script_tag(
            content="var scope = {}, model, network; moodNetwork(scope); moodDraw(scope); "
            "moodBars(scope); moodGrammar(scope); moodComposer(scope, 50);"
            "var moodModel = (given) => { model = given; };"
        )
        if script:
            page.add_script_tag(content=script)

    def compose(self, **request) -> dict:
        """Tokens that were composed, whether the piece ended by itself, milliseconds spent, and the looks."""
        usual = {
            "emotion": 0,
            "genre": 0,
            "temperature": 1,
            "topP": 1,
            "guidance": 1,
            "greedy": False,
            "seed": 0,
            "maxTokens": 100,
            "given": [],
        }
        return self.page.evaluate(_COMPOSE, {**usual, **request})

    def logits(self, tokens: list[int], emotion: int, genre: int) -> list[list[float]]:
        """Logits behind each token."""
        return self.page.evaluate(_LOGITS, {"tokens": tokens, "emotion": emotion, "genre": genre})

    def allowed(self, tables: dict, walks: list[list[int]]) -> list[list[list[int]]]:
        """For each walk the packed row of allowed tokens before each of its tokens."""
        return self.page.evaluate(_ALLOWED, {"tables": tables, "walks": walks})

    def evaluate(self, code: str, argument=None):
        """Any other question."""
        return json.loads(json.dumps(self.page.evaluate(code, argument)))
