"""Every experiment, by name."""

from __future__ import annotations

from uunet_lab.evaluation.channel import CHANNEL
from uunet_lab.evaluation.consistency import CONSISTENCY
from uunet_lab.evaluation.detection import DETECTION, DETECTION_MTCNN
from uunet_lab.evaluation.diversity import DIVERSITY
from uunet_lab.evaluation.embedding import EMBEDDING
from uunet_lab.evaluation.experiment import Experiment
from uunet_lab.evaluation.groups import GROUPS
from uunet_lab.evaluation.recognition import RECOGNITION, RECOGNITION_TRAINED
from uunet_lab.evaluation.reversibility import REVERSIBILITY
from uunet_lab.evaluation.scene import SCENE
from uunet_lab.evaluation.soft_labels import SOFT
from uunet_lab.measuring.names import Name

EXPERIMENTS: dict[Name, Experiment] = {
    "detection": DETECTION,
    "detection_mtcnn": DETECTION_MTCNN,
    "recognition": RECOGNITION,
    "recognition_trained": RECOGNITION_TRAINED,
    "consistency": CONSISTENCY,
    "soft_labels": SOFT,
    "embedding": EMBEDDING,
    "diversity": DIVERSITY,
    "reversibility": REVERSIBILITY,
    "scene": SCENE,
    "groups": GROUPS,
    "channel": CHANNEL,
}
