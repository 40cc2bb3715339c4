"""Plain words under each experiment: what it asks, what came out, made from the figures."""

from __future__ import annotations

from functools import partial
from typing import Any

from uunet_lab.paper.groups import LABELS as LABELLED
from uunet_lab.paper.groups import groups
from uunet_lab.paper.reading import Experiment, Measured
from uunet_lab.paper.table_labels import LABELS
from uunet_lab.reporting.telling import Words, told
from uunet_lab.reporting.trainings import ABLATIONS, RESOLUTION


def said(result: Measured) -> str:
    """What came out, in a sentence that begins with the set."""
    return f"{result.faces}: {WORDS[result.experiment].found(result.metrics)}"


def _detection(detector: str, m: dict[str, Any]) -> str:
    found = m["found"]
    kept = (
        f"; of those that it finds raw, {told(m['kept']['a'])} replaced too"
        if "a" in m.get("kept", {})
        else ""
    )
    return (
        f"{detector} finds {told(found['x'])} of the raw faces, {told(found['a'])} of the replaced "
        f"ones, and {told(found['blur-7x4'])} of those that are blurred to 7×4 pixels{kept}."
    )


def _recognition(judge: str, m: dict[str, Any]) -> str:
    auc = {name: told(m[name]["auc"]) for name in ("x-x'", "x-a'", "x-r'", "x-a", "x-r") if name in m}
    parts = []
    if "x-x'" in auc:
        raw, replaced, restored = (auc[name] for name in ("x-x'", "x-a'", "x-r'"))
        parts.append(
            f"of a raw image and another one of the same person, it prefers the right person in "
            f"{raw} of cases if the other is raw, in {replaced} if it is replaced, in {restored} if it is "
            "restored"
        )
    parts.append(
        f"of a raw image and the very same image, the right person in {auc['x-a']} if it is replaced, in "
        f"{auc['x-r']} if it is restored"
    )
    by_part = (
        f" What was painted alone (with another's rim) gives {told(m['x-inside']['auc'])} of the very same "
        f"image, what was left round it alone {told(m['x-rim']['auc'])}."
        if "x-rim" in m
        else ""
    )
    return f"in the eyes of {judge}: " + "; ".join(parts) + ". Guessing gives 50 %." + by_part


def _consistency(m: dict[str, Any]) -> str:
    return (
        f"{told(m['a']['changed'])} of consecutive frames of a person are taken for two people when "
        f"replaced, {told(m['x']['changed'])} when raw."
    )


def _diversity(m: dict[str, Any]) -> str:
    raw, replaced, again = (told(m[name]["auc"]) for name in ("x-x'", "a-a'", "a-a' of one image"))
    return (
        f"two sessions of one person are told from two people in {replaced} of cases when replaced, in {raw} "
        f"when raw; one image that is replaced twice, in {again}. Guessing gives 50 %."
    )


def _reversibility(m: dict[str, Any]) -> str:
    same = {name: told(m["identity"][name]["same_person"]) for name in ("x-r", "a-a'", "r-r'")}
    restored, twice, stays = same.values()
    looks = ""
    if "lpips" in m:
        looks = f" (LPIPS {told(m['lpips'], '.2f')}; of the replaced face {told(m['lpips_x_a'], '.2f')})"
    return (
        f"the owner of the private model restores faces to {told(m['psnr'], '.1f')} dB{looks}, and the "
        f"recogniser takes {restored} of them for the person who was there; replaced twice under fresh "
        f"noise, {twice} stay one virtual person, and what is restored stays one in {stays}."
    )


def _soft_labels(m: dict[str, Any]) -> str:
    parts = [
        f"{label}: the same of the raw and of the replaced face in {told(m[label]['x-a']['agree'])} "
        f"(by chance {m[label]['x-a']['agree_by_chance']:.0%}), of the restored one in "
        f"{told(m[label]['x-r']['agree'])}"
        for label in LABELS
        if label in m
    ]
    return "a classifier says, of " + "; of ".join(parts) + "."


def _embedding(m: dict[str, Any]) -> str:
    return (
        f"where two people are 1 apart, a person's raw and replaced faces are {m['apart']:.1f} apart; the "
        f"raw face nearest to a replaced one is that person's in {m['nearest_is_own']:.0%}, of "
        f"{m['people_shown']} people."
    )


def _scene(m: dict[str, Any]) -> str:
    pose, agree = m["pose"], m["expression"]["a"]["agree"]
    parts = []
    if "yaw" in pose["a"] and "yaw" in pose["stranger"]:
        parts.append(
            f"replaced heads are turned {told(pose['a']['yaw']['error'], '.2f')} rad otherwise than the raw "
            f"ones (another person's {told(pose['stranger']['yaw']['error'], '.2f')})"
        )
    if "a" in m["background"]:
        colour = m["background"]["a"]["background"]
        parts.append(
            f"what lies outside the head differs by {told(colour, '.1f')} in L*a*b*, of which 2 is just "
            "visible"
        )
    parts.append(
        f"eyes, mouth and brows lie on the same side of the ordinary in {told(agree)}, 50 % by chance"
    )
    return "; ".join(parts) + "."


def _channel(m: dict[str, Any]) -> str:
    side = min(m["sides"], key=lambda name: abs(int(name) - 64))
    ways = m["sides"][side]
    told_of = {
        way: found["psnr"]["value"] for way, found in ways.items() if found["psnr"]["value"] is not None
    }
    best, worst = max(told_of, key=lambda way: told_of[way]), min(told_of, key=lambda way: told_of[way])
    lost = [way for way, found in ways.items() if found["message"] < 1 and found["message_alone"] < 1]
    said_of = "in every way" if not lost else f"in all frames but for {', '.join(lost)}"
    return (
        f"faces of {side} pixels come back with {told_of[best]:.1f} dB ({best}) down to {told_of[worst]:.1f} "
        f"dB ({worst}); of these faces the message that says where they are is read {said_of}."
    )


def _groups(m: dict[str, Any]) -> str:
    parts = []
    for label in LABELLED:
        found = {value: one for name, value, one in groups(m) if name == label}
        if len(found) > 1:
            by_found = sorted(found, key=lambda value: float(found[value]["found_x"]["value"]))
            by_auc = sorted(found, key=lambda value: float(found[value]["auc_x_a"]["value"]))
            few, many, well, least = by_found[0], by_found[-1], by_auc[0], by_auc[-1]
            parts.append(
                f"by {label}, a detector finds {told(found[few]['found_x'])} of raw faces labelled {few} and "
                f"{told(found[many]['found_x'])} of {many}; a recogniser that sees the replaced one prefers "
                f"the right one of two raw faces in {told(found[well]['auc_x_a'])} for {well}, in "
                f"{told(found[least]['auc_x_a'])} for {least}"
            )
    return ("; ".join(parts) or "too few people of any two groups") + "."


WORDS: dict[Experiment, Words] = {
    "detection": Words(
        "preserves",
        "Are faces still found? (Fig. 5, Table II)",
        "A published video should stay useful: people can still be counted if a face detector finds replaced "
        "faces as it finds raw ones. Average precision is 1 if every face is found with more confidence than "
        "anything else. Blurring and mosaics, beside it, hide faces from detectors too.",
        partial(_detection, "a face detector"),
    ),
    "detection_mtcnn": Words(
        "preserves",
        "Does the paper's detector still find them? (Fig. 5, Table II)",
        "The same question, to MTCNN, which the paper's authors asked, and which had no part in the making "
        "of the pair or of the instrument. It takes long, so that fewer faces are shown to it.",
        partial(_detection, "MTCNN"),
    ),
    "recognition": Words(
        "protects",
        "Is the person still recognised? (Fig. 6)",
        "A recogniser that took no part in training compares pairs of images. Where the two heaps of the "
        "figure lie apart, it can tell the same person from strangers; where they cover one another, it "
        "can't. AUC is how often it is right when it has to choose: 1 always, .5 by guessing. d′ is how far "
        "the heaps are apart, in widths: 0 is not at all.",
        partial(_recognition, "dlib's recogniser"),
    ),
    "recognition_trained": Words(
        "protects",
        "Does a second recogniser know the person? (Fig. 6)",
        "The same question, to a recogniser that we trained ourselves on other people, as the paper's "
        "authors did: less able than the first, and of another making. What hides a face from one may not "
        "hide it from the other.",
        partial(_recognition, "a small recogniser of our own"),
    ),
    "consistency": Words(
        "preserves",
        "Does a virtual person stay the same in a track? (Fig. 7)",
        "Somebody who walks through the picture should be one virtual person all the way, so that the video "
        "can be followed. What is compared are two frames of one sequence.",
        _consistency,
    ),
    "diversity": Words(
        "protects",
        "Is a person somebody else in the next recording? (Fig. 10)",
        "Two recordings of one person should not be linked by the virtual face. The lower, the better; what "
        "happens to one image that is replaced twice shows how much the noise alone can do.",
        _diversity,
    ),
    "reversibility": Words(
        "restores",
        "Is the face restored, whatever the noise was? (Fig. 11)",
        "Who holds the private model gets the scene back. PSNR is how near the restored picture comes to the "
        "original, in decibels: 30 looks alike, 20 is rough. Restored is not original: it is a plausible "
        "face.",
        _reversibility,
    ),
    "soft_labels": Words(
        "preserves",
        "Do gender, ethnicity and hair stay? (Table III)",
        "Statistics on published video need labels that stay, such as gender, if the training was asked to "
        "keep them. Pearson's coefficient is 1 if what a classifier says of the replaced face follows what "
        "it says of the raw one, and 0 if they have nothing to do with one another.",
        _soft_labels,
    ),
    "embedding": Words(
        "protects",
        "Where do replaced faces lie among raw ones? (Fig. 8)",
        "Every point is a face, placed so that raw faces of one person lie together. Replaced faces that lie "
        "elsewhere than their person's heap are not taken for that person by who looks at this plane alone.",
        _embedding,
    ),
    "scene": Words(
        "preserves",
        "Do pose, background and expression stay? (Fig. 12)",
        "Whoever watches behaviour needs the direction of the head and the expression; nobody wants a frame "
        "round each face. Another person's face, beside it, is what keeping nothing would give.",
        _scene,
    ),
    "groups": Words(
        "protects",
        "Is everybody protected alike?",
        "The same figures for groups of people, as the sets label them. A detector that finds fewer faces of "
        "some leaves more of theirs bare; a higher AUC says that their replaced faces are recognised more "
        "easily. Of dozens of comparisons some differ by chance; that two intervals overlap does not mean "
        "that two groups are alike.",
        _groups,
    ),
    "channel": Words(
        "restores",
        "What do codecs leave?",
        "Published video is encoded, stored, scaled and encoded again by others. Restoration needs two "
        "things: the message that says where the faces are, and what the pixels still hold of them. The "
        "paper tested neither.",
        _channel,
    ),
    "ablations": ABLATIONS,
    "resolution": RESOLUTION,
}
