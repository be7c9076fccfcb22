"""`python -m denoise_cli` is `hifidenoise`."""

from denoise_cli.cli.app import main

main()
