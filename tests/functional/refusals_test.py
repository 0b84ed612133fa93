"""A request that can be refused for free costs its sender nothing.

Each refusal is provoked with a good token, which is then spent at the mint by its owner: it was still his.
"""

from harness import IMAGE, check, equal, narrate, wait_until

AMOUNT = 20
TEMPLATE = f"""
slug = "page"
image = "{IMAGE}"
consumer_environment = ["TITLE"]
[environment]
PASS = "{{password}}"
"""


def run(world):
    relay, mint, other_mint = world.relay(), world.mint(), world.mint("other-mint")
    templates = world.templates("page", TEMPLATE)
    provider = world.provider([relay], [mint], lease_seconds_min=10, templates_dir=templates,
                              images="consumer_command = false").start()
    customer = world.consumer("customer", [relay])
    cases = [
        ("unknown_spec", mint, AMOUNT, {"spec": "no-such-size"}),
        ("unknown_template", mint, AMOUNT, {"template": "no-such-template"}),
        ("image_denied", mint, AMOUNT, {"image": "denied.example/tool:1"}),
        ("image_not_found", mint, AMOUNT, {"image": "127.0.0.1:1/nobody/listens:1"}),
        ("command_denied", mint, AMOUNT, {"command": ["/bin/sh"]}),
        ("command_denied", mint, AMOUNT, {"template": "page", "command": ["--help"]}),
        ("environment_denied", mint, AMOUNT, {"template": "page", "environment": {"TITLE": "t", "PASS": "mine"}}),
        ("invalid_request", mint, AMOUNT, {"environment": {"TWO WORDS": ""}}),
        ("insufficient_payment", mint, 9, {}),
        ("non_whitelisted_mint", other_mint, AMOUNT, {}),
        ("no_capacity", mint, AMOUNT, {"spec": "whole-host"}),
    ]
    for expected, token_mint, amount, options in cases:
        narrate(f"a request that must end in {expected}")
        token = world.token(token_mint, amount)
        answer = customer.spawn(provider, token, **options)
        equal(answer.error_type(), expected, "the reply says so")
        equal(answer.code, 1, "the verb's exit code is 1")
        equal(world.redeem(token_mint, token), amount, "the token is still its owner's")

    narrate("a token that its owner has spent before")
    token = world.token(mint, AMOUNT)
    world.redeem(mint, token)
    equal(customer.spawn(provider, token).error_type(), "token_already_spent", "the reply says so")
    narrate("something that is no token")
    equal(customer.spawn(provider, "cashuBnonsense").error_type(), "invalid_token", "the reply says so")
    narrate("a top-up of a lease that is not there")
    token = world.token(mint, AMOUNT)
    answer = customer.topup(provider, f"container-{provider.numbers.start + 7}", token)
    equal(answer.error_type(), "not_found", "the reply says so")
    equal(world.redeem(mint, token), AMOUNT, "the token is still its owner's")
    check(provider.nothing_left(), "no refusal left anything on the Engine")

    narrate("a provider whose only mint is for practice, and that takes no practice money")
    strict = world.provider([relay], [mint], name="strict", practice=False).start()
    wait_until("a quote says that nothing can be paid for", lambda: customer.quote(strict).error_type() == "mint_error", 20, 1)
