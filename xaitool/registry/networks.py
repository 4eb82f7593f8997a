"""Networks, what they are trained with, and what attacks them."""

from __future__ import annotations

from xaitool.registry.entry import Entry

CLASSIFIERS = {
    "lenet5": Entry(
        "core.models.classifiers.lenet5:LeNet5",
        "two convolutions, three linear layers",
        "LeCun et al. 1998",
    ),
    "cnn2c": Entry(
        "core.models.classifiers.cnn2c:CNN2C", "two convolutions, one linear layer", "LGL-INR paper"
    ),
    "cnn5c": Entry(
        "core.models.classifiers.cnn5c:CNN5C",
        "five convolutions with batch normalisation, one linear layer",
        "LGL-INR paper",
    ),
    "cifar-vgg13": Entry(
        "core.models.classifiers.cifar_vgg13:CifarVGG13",
        "VGG-13 with batch normalisation for small images",
        "Simonyan and Zisserman 2014",
    ),
    "cifar-resnet18": Entry(
        "core.models.classifiers.cifar_resnet18:CifarResNet18",
        "ResNet-18 with a stem for small images",
        "He et al. 2016",
    ),
    "cifar-mobilenet-v2": Entry(
        "core.models.classifiers.cifar_mobilenet_v2:CifarMobileNetV2",
        "MobileNetV2 with strides for small images",
        "Sandler et al. 2018",
    ),
    "resnet56": Entry(
        "core.models.classifiers.resnet56:ResNet56",
        "27 residual blocks for small images",
        "He et al. 2016",
    ),
    "ganmex-cnn": Entry(
        "core.models.classifiers.ganmex_cnn:GanmexCNN",
        "two strided convolutions, dropout",
        "Shih et al. 2021 (GANMEX)",
    ),
    "ganmex-cifar-cnn": Entry(
        "core.models.classifiers.ganmex_cifar_cnn:GanmexCifarCNN",
        "eight convolutions with batch normalisation, for small images",
        "Shih et al. 2021 (GANMEX)",
    ),
}

GANS = {
    "mlp": Entry(
        "core.models.gans.mlp_gan:MLPGan", "fully connected generator and discriminator", "LogicGAN"
    ),
    "dcgan": Entry(
        "core.models.gans.dcgan:DCGan",
        "convolutions with batch normalisation, for images of 28 to 64 pixels",
        "Radford et al. 2016",
    ),
}

OBJECTIVES = {
    "bce": Entry(
        "core.objectives.bce:BinaryCrossEntropy",
        "binary cross-entropy of real against generated, non-saturating",
        "Goodfellow et al. 2014",
    ),
    "least-squares": Entry(
        "core.objectives.least_squares:LeastSquares",
        "squared distance of the logits from labels",
        "Mao et al. 2017",
    ),
    "hinge": Entry(
        "core.objectives.hinge:Hinge",
        "a margin for the discriminator",
        "Lim and Ye 2017; Miyato et al. 2018",
    ),
    "wasserstein-gp": Entry(
        "core.objectives.wasserstein_gp:WassersteinGradientPenalty",
        "distance of mean logits, with a gradient penalty",
        "Gulrajani et al. 2017",
    ),
}

GENERATORS = {
    "ganmex": Entry(
        "core.models.counterfactuals.stargan:StarGANGenerator",
        "trained against the classifier",
        "Shih et al. 2021 (GANMEX)",
    ),
    "standalone": Entry(
        "core.models.counterfactuals.stargan:StarGANGenerator",
        "the ablation: trained against what its own critic learns of the classes",
        "Choi et al. 2018 (StarGAN)",
    ),
    "cvae": Entry(
        "core.models.counterfactuals.cvae:Cvae",
        "a conditional variational autoencoder, which changes an image's sensitive attributes "
        "instead of its class",
        "Qiang et al. 2022 (CIA)",
    ),
}

LOSSES = {
    "cross-entropy": Entry(
        "core.losses.cross_entropy:CrossEntropy", "softmax cross-entropy", "Bridle 1990"
    ),
    "logistic": Entry(
        "core.losses.logistic:Logistic",
        "binary cross-entropy of each class against the others",
        "LGL in the LGL-INR paper",
    ),
    "lgl-inr": Entry(
        "core.losses.lgl_inr:LglInr",
        "logistic loss with hard negative classes weighted up",
        "Li et al. 2020 (LGL-INR)",
    ),
    "pc": Entry(
        "core.losses.pc:ProbabilisticallyCompact",
        "lead in probability over every false class, held back in logits",
        "Li et al. 2021 (PC)",
    ),
    "gce": Entry(
        "core.losses.gce:GuidedComplementEntropy",
        "evenness of the false classes, guided by the true one",
        "Chen et al. 2019",
    ),
}

ATTACKS = {
    "fgsm": Entry(
        "core.attacks.fgsm:FastGradientSign",
        "one step by the gradient's sign",
        "Goodfellow et al. 2015",
    ),
    "bim": Entry(
        "core.attacks.bim:BasicIterative",
        "several small steps by the gradient's sign",
        "Kurakin et al. 2017",
    ),
    "pgd": Entry(
        "core.attacks.pgd:ProjectedGradientDescent",
        "bim from random starts",
        "Madry et al. 2018",
    ),
    "mim": Entry(
        "core.attacks.mim:MomentumIterative",
        "bim by accumulated gradients, which transfers better to other classifiers",
        "Dong et al. 2018",
    ),
    "apgd-ce": Entry(
        "core.attacks.apgd:AutoPgdCrossEntropy",
        "pgd that sets its own step, on cross-entropy",
        "Croce and Hein 2020",
    ),
    "apgd-dlr": Entry(
        "core.attacks.apgd:AutoPgdLogitRatio",
        "pgd that sets its own step, on a ratio of logits that no scale of them masks",
        "Croce and Hein 2020",
    ),
    "square": Entry(
        "core.attacks.square:Square",
        "random squares; needs no gradient",
        "Andriushchenko et al. 2020",
    ),
    "spsa": Entry(
        "core.attacks.spsa:Spsa",
        "pgd by gradients estimated from the logits",
        "Uesato et al. 2018",
    ),
    "cw-l2": Entry(
        "core.attacks.cw_l2:CarliniWagnerL2",
        "nearest misclassified image, of any distance",
        "Carlini and Wagner 2017",
    ),
}
