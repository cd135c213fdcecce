"""The steps of a document by name, those of loop bodies included, and where each stands."""

from definitions.automation.model import AutomationDocument, Step, loop_body


class DocumentSteps:
    """Finds steps by name. Names are unique in a document: the body of a loop has no names of its own."""

    def __init__(self, document: AutomationDocument) -> None:
        self.main = document.main_steps
        self._runner = document.runner
        self._bodies = {step.name: loop_body(step) for step in self.main if step.action == "aws:loop"}
        self._by_name = {step.name: step for body in self._bodies.values() for step in body}
        self._by_name |= {step.name: step for step in self.main}
        self._loops = {step.name: loop for loop, body in self._bodies.items() for step in body}

    def step(self, name: str) -> Step:
        """The step of that name, in a body or not; KeyError if there is none."""
        return self._by_name[name]

    def loop_around(self, step: Step) -> Step | None:
        """The aws:loop whose body the step belongs to; None for a main step."""
        loop = self._loops.get(step.name)
        return None if loop is None else self._by_name[loop]

    def body(self, loop: Step) -> list[Step]:
        """The steps that an aws:loop repeats; none for any other step."""
        return self._bodies.get(loop.name, [])

    def siblings(self, step: Step) -> list[Step]:
        """The list the step stands in: the body of its loop, or the main steps."""
        loop = self.loop_around(step)
        return self.main if loop is None else self.body(loop)

    def runner(self, step: Step) -> str | None:
        """The workers the step must run on: its own word, else its loop's, else the document's, else any."""
        loop = self.loop_around(step)
        return step.runner or (loop.runner if loop else None) or self._runner
