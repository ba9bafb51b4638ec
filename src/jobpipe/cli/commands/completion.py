"""`jobpipe completion`"""

from __future__ import annotations

import click

from jobpipe.cli.options import examples


@click.command(
    "completion",
    epilog=examples(
        'eval "$(jobpipe completion bash)"      # in ~/.bashrc',
        'eval "$(jobpipe completion zsh)"       # in ~/.zshrc',
        "jobpipe completion fish > ~/.config/fish/completions/jobpipe.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options, and the names of imports, destinations and steps."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "jobpipe", "_JOBPIPE_COMPLETE").source())
