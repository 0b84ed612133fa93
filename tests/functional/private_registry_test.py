"""A private registry's password opens it for templates, for consumers only where a rule says so, and goes to no other host.

Two registries want a password; the provider has the right one for the first, a wrong one for the second.
"""

from harness import check, equal, narrate, page_at
from registry import Registry, forget

TOGETHER = "the Engine's downloads"

AMOUNT = 60


def password_file(world, name, password):
    path = world.folder / name
    path.touch(mode=0o600)
    path.write_text(password + "\n")
    return path


def run(world):
    login = ("berth", "open sesame")
    ours, other = Registry(world, "ours", login), Registry(world, "other", login)
    page, hidden, closed = ours.push("shown/page"), ours.push("hidden/page"), other.push("page")
    images = f'''allow = ["*", "{ours.host}/shown/", "{other.host}/"]
[[registries]]
host = "{ours.host}"
username = "berth"
password_file = "{password_file(world, "right", login[1])}"
[[registries]]
host = "{other.host}"
username = "berth"
password_file = "{password_file(world, "wrong", "not it")}"
'''
    template = f'slug = "private"\ndescription = "page"\nimage = "{hidden}"\n[[ports]]\ncontainer_port = 3000\nlabel = "page"\n'
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint], images=images, templates_dir=world.templates("private", template)).start()
    customer = world.consumer("customer", [relay])

    narrate("a rule names the image: it is pulled with the password")
    page_at("127.0.0.1", customer.spawn(provider, world.token(mint, AMOUNT), image=page).good()["node_port"])
    for image, word in ((hidden, "private registry"), (closed, "pull of")):
        narrate(f"{image} is refused")
        token = world.token(mint, AMOUNT)
        answer = customer.spawn(provider, token, image=image)
        equal(answer.error_type(), "image_denied", "the reply says so")
        check(word in answer.body["message"], f"and why: {answer.body['message']}")
        equal(world.redeem(mint, token), AMOUNT, "the token is still its owner's")
    narrate("the template may use what consumers may not")
    lease = customer.spawn(provider, world.token(mint, AMOUNT), template="private").good()
    page_at("127.0.0.1", lease["template_ports"][0]["host_port"])
    check(login[1] not in provider.process.log() and "not it" not in provider.process.log(), "no password is in the log")
    for image in (page, hidden, closed):
        forget(world.engine, image)
