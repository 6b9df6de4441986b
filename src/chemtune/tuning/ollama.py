"""An Ollama Modelfile: the GGUF file, its chat template in Go's syntax, and greedy decoding."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from chemtune.errors import InputError, Problem
from chemtune.messages import Message
from chemtune.models.template import Template

# Words that no template holds, to see what it puts around them.
SYSTEM, FIRST, SAID, SECOND = "Systemwort", "Erstwort", "Antwortwort", "Zweitwort"


@dataclass(frozen=True)
class Turns:
    """A chat template as the texts that stand around the messages.

    Attributes:
        opening: Before a first message of the user, with no system message.
        before_system: Before a system message.
        after_system: Between it and the user's first message.
        before_user: Before a later message of the user.
        after_user: Behind a message of the user.
        before_assistant: Before an answer that was given.
        after_assistant: Behind it.
        generation: Before the answer that is asked for.
    """

    opening: str
    before_system: str
    after_system: str
    before_user: str
    after_user: str
    before_assistant: str
    after_assistant: str
    generation: str

    def render(self, messages: list[Message]) -> str:
        """Return the prompt for a conversation: a system message or none, then user and answers."""
        texts = []
        for place, message in enumerate(messages):
            role, content = message["role"], message["content"]
            if role == "system":
                texts += [self.before_system, content, self.after_system]
            elif role == "user":
                later = place > 1
                first = self.opening if place == 0 else ""
                texts += [self.before_user if later else first, content, self.after_user]
            else:
                texts += [self.before_assistant, content, self.after_assistant]
        return "".join([*texts, self.generation])

    def go(self) -> str:
        """Return the same as a template of Go, in the fields that Ollama gives it."""
        t = Turns(*(_literal(text) for text in astuple(self)))
        return "".join(
            [
                "{{ if .System }}" + t.before_system + "{{ .System }}" + t.after_system,
                "{{ else }}" + t.opening + "{{ end }}",
                "{{ range $i, $m := .Messages }}",
                '{{ if eq $m.Role "user" }}',
                "{{ if gt $i 1 }}" + t.before_user + "{{ end }}{{ $m.Content }}" + t.after_user,
                '{{ else if eq $m.Role "assistant" }}',
                t.before_assistant + "{{ $m.Content }}" + t.after_assistant,
                "{{ end }}{{ end }}" + t.generation,
            ]
        )


def read_turns(template: Template) -> Turns:
    """Return what a chat template puts around messages; checked on several conversations.

    Raises:
        InputError: The template does more than to put texts around messages.
    """
    user, said = _message("user", FIRST), _message("assistant", SAID)
    try:
        alone = _rendered(template, [user], generation=False)
        asked = _rendered(template, [user])
        answered = _rendered(template, [user, said], generation=False)
        longer = _rendered(template, [user, said, _message("user", SECOND)])
        try:
            told = _rendered(template, [_message("system", SYSTEM), user])
        except Exception:  # the sandbox's own, and what a template raises where it takes no system
            told = ""
        opening, after_user = alone.split(FIRST)
        after_assistant = answered.split(SAID)[1]
        between = longer.split(SAID)[0].split(FIRST)[1]
        following = longer.split(SAID)[1].split(SECOND)[0]
        before_system, rest = told.split(SYSTEM) if told else (opening, FIRST)
        turns = Turns(
            opening=opening,
            before_system=before_system,
            after_system=rest.split(FIRST)[0],
            before_user=following.removeprefix(after_assistant),
            after_user=after_user,
            before_assistant=between.removeprefix(after_user),
            after_assistant=after_assistant,
            generation=asked.removeprefix(alone),
        )
    except ValueError:
        raise _irregular() from None
    for conversation in _conversations(with_system=bool(told)):
        if turns.render(conversation) != _rendered(template, conversation):
            raise _irregular()
    return turns


def modelfile(
    turns: Turns, template: Template, gguf: str, *, stops: list[int], adds_bos: bool
) -> str:
    """Return the Modelfile.

    Ollama knows the templates of some models by their text and else sends the bare prompt, so the
    template stands in the file.

    Args:
        turns: What `read_turns` returned.
        template: The chat template.
        gguf: The GGUF file's name, beside the Modelfile.
        stops: Tokens at which an answer ends.
        adds_bos: Whether the GGUF file has a BOS put before the prompt; the template then has none.
    """
    text = turns.go()
    if '"""' in text:
        raise _irregular()
    bos = _literal(template.tokenizer.bos_token or "")
    if adds_bos and bos:
        # Both branches of the beginning write it.
        text = text.replace("{{ if .System }}" + bos, "{{ if .System }}", 1)
        text = text.replace("{{ else }}" + bos, "{{ else }}", 1)
    stop = [template.tokenizer.convert_ids_to_tokens(token) for token in stops]
    lines = [
        f"FROM ./{gguf}",
        f'TEMPLATE """{text}"""',
        *(f'PARAMETER stop "{token}"' for token in stop if '"' not in token),
        "PARAMETER temperature 0",
        # Ollama punishes repetition unless told not to; the model was evaluated without that.
        "PARAMETER repeat_penalty 1.0",
    ]
    return "\n".join(lines) + "\n"


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _rendered(template: Template, messages: list[Message], *, generation: bool = True) -> str:
    if generation:
        return template.prompt_text(messages)
    text: str = template.tokenizer.apply_chat_template(
        messages, chat_template=template.text, tokenize=False, add_generation_prompt=False
    )
    return text


def _conversations(*, with_system: bool) -> list[list[Message]]:
    contents = [
        "What is KOH?",
        '수산화칼륨은 염기이다.\n\nName {it} "twice".',
        "147 mS cm−1 <b>|</b>",
    ]
    turns = [
        _message("assistant" if place % 2 else "user", contents[place % 3]) for place in range(7)
    ]
    found = [turns[:1], turns[2:3], turns[:3], turns[:5], turns]
    if with_system:
        found += [[_message("system", contents[1]), *turns[:count]] for count in (1, 3, 5)]
    return found


def _literal(text: str) -> str:
    return text.replace("{{", '{{ "{{" }}')


def _irregular() -> InputError:
    reason = "the chat template does more than to put texts around messages"
    remedy = "export with --to gguf, and write Ollama's template by hand"
    return InputError(Problem(reason, field="--to", remedy=remedy))
