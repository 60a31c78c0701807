#!/usr/bin/env python3
"""What deny.toml says of licences, sources and wildcards, where cargo-deny is not installed.

Reads the same file. Of SPDX expressions it knows OR, AND, WITH and parentheses, and the old "A/B".
"""

import json
import re
import subprocess
import sys
import tomllib

with open("deny.toml", "rb") as file:
    rules = tomllib.load(file)
allowed = set(rules["licenses"]["allow"])
metadata = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
for target in rules["graph"]["targets"]:
    metadata += ["--filter-platform", target]
graph = json.loads(subprocess.run(metadata, check=True, stdout=subprocess.PIPE).stdout)


def permitted(expression):
    """Whether the licences that are allowed are enough."""
    words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either():
        found = both()
        while words and words[0] == "OR":
            words.pop(0)
            found = both() or found
        return found

    def both():
        found = one()
        while words and words[0] == "AND":
            words.pop(0)
            found = one() and found
        return found

    def one():
        word = words.pop(0)
        if word == "(":
            found = either()
            words.pop(0)
            return found
        if words and words[0] == "WITH":
            words.pop(0)
            word += " WITH " + words.pop(0)
        return word in allowed

    return either()


assert permitted("MIT OR GPL-3.0") and permitted("(MIT AND Zlib)/LGPL-2.1") and not permitted("MIT AND GPL-3.0")

# What is only for tests of the workspace is no part of what is given away, but its licence is looked at all the same.
wrong, checked, ours = [], 0, set(graph["workspace_members"])
resolved = {node["id"] for node in graph["resolve"]["nodes"]}
for package in graph["packages"]:
    if package["id"] not in resolved:
        continue
    name = f"{package['name']} {package['version']}"
    if package["id"] in ours:
        for dependency in package["dependencies"]:
            if dependency["req"] == "*" and not dependency.get("path"):
                wrong.append(f"{name} takes any version of {dependency['name']}")
        continue
    checked += 1
    if package["source"] != "registry+https://github.com/rust-lang/crates.io-index":
        wrong.append(f"{name} is from {package['source']}")
    if not package["license"] or not permitted(package["license"]):
        wrong.append(f"{name} has the licence {package['license']}, which deny.toml does not allow")
if wrong:
    sys.exit("\n".join(wrong))
print(f"licences and sources of {checked} crates are as deny.toml allows")
