"""BentoML's hello world: what a service costs that does nothing, with BentoML's default settings."""

import bentoml


@bentoml.service
class Echo:
    @bentoml.api
    def echo(self, text: str) -> str:
        return text
