"""What a call of a model costs, by the price list that the package genai-prices brings along."""

import importlib.util
from decimal import Decimal

from replaykit.rules.usage import ModelCall


def is_installed() -> bool:
    """Say whether there is a price list."""
    return importlib.util.find_spec("genai_prices") is not None


def price_of(call: ModelCall) -> Decimal | None:
    """Return the price in dollars at which the provider lists a call; None where the list does not know it.

    Of a request the provider is known by its address: the same model on a machine of one's own has another price.
    """
    if not call.usual or not is_installed():
        return None
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - an optional extra, slow to load

    usage = Usage(
        input_tokens=call.usage.input,
        output_tokens=call.usage.output,
        cache_read_tokens=min(call.usage.cached, call.usage.input),
    )
    for model in call.models:
        try:
            found = calc_price(usage, model, provider_api_url=call.url) if call.url else calc_price(usage, model)
        except (LookupError, ValueError):
            continue
        return found.total_price
    return None
