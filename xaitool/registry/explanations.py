"""What explains, against what, and how it guides a training."""

from __future__ import annotations

from xaitool.registry.entry import Entry

ATTRIBUTION = {
    "saliency": Entry(
        "core.attribution.saliency:Saliency",
        "gradient of the score at the input",
        "Simonyan et al. 2013",
    ),
    "input-x-gradient": Entry(
        "core.attribution.input_x_gradient:InputXGradient",
        "pixel times gradient",
        "Shrikumar et al. 2016",
    ),
    "smooth-grad": Entry(
        "core.attribution.smooth_grad:SmoothGrad",
        "gradient averaged over noisy copies of the input",
        "Smilkov et al. 2017",
    ),
    "guided-backprop": Entry(
        "core.attribution.guided_backprop:GuidedBackprop",
        "gradient that passes a ReLU only where it is positive",
        "Springenberg et al. 2015",
    ),
    "integrated-gradients": Entry(
        "core.attribution.integrated_gradients:IntegratedGradients",
        "gradients integrated on the straight line from a baseline",
        "Sundararajan et al. 2017",
    ),
    "blur-ig": Entry(
        "core.attribution.blur_ig:BlurIntegratedGradients",
        "gradients integrated as the image's blur fades; needs no baseline",
        "Xu et al. 2020",
    ),
    "expected-gradients": Entry(
        "core.attribution.expected_gradients:ExpectedGradients",
        "integrated gradients over the references of a dataset, drawn or enumerated",
        "Erion et al. 2019",
    ),
    "agi": Entry(
        "core.attribution.agi:AdversarialGradientIntegration",
        "gradients integrated along steepest ascents to other classes; needs no baseline",
        "Pan et al. 2021",
    ),
    "cgi": Entry(
        "core.attribution.cgi:CounterfactualGradientsIntegration",
        "gradients integrated along the path from the image with another sensitive attribute",
        "Qiang et al. 2022 (CIA)",
    ),
    "deeplift": Entry(
        "core.attribution.deeplift:DeepLift",
        "differences from a baseline, propagated by the rescale rule",
        "Shrikumar et al. 2017",
    ),
    "deep-shap": Entry(
        "core.attribution.deep_shap:DeepShap",
        "DeepLIFT averaged over references from a dataset",
        "Lundberg and Lee 2017",
    ),
    "occlusion": Entry(
        "core.attribution.occlusion:Occlusion",
        "fall of the score when a window of the image is hidden",
        "Zeiler and Fergus 2014",
    ),
    "grad-cam": Entry(
        "core.attribution.grad_cam:GradCam",
        "feature maps of a convolution, weighted by their mean gradients",
        "Selvaraju et al. 2017",
    ),
}

BASELINES = {
    "zero": Entry("core.baselines.zero:Zero", "black image", "Sundararajan et al. 2017"),
    "dataset": Entry(
        "core.baselines.dataset:DatasetReferences",
        "references drawn from a dataset",
        "Lundberg and Lee 2017",
    ),
    "maximum": Entry(
        "core.baselines.maximum:Maximum", "white image", "common usage, in GANMEX section 2.2"
    ),
    "mean": Entry("core.baselines.mean:Mean", "the image's own mean colour", "common usage"),
    "blur": Entry("core.baselines.blur:Blur", "the image, blurred", "Fong and Vedaldi 2017"),
    "uniform": Entry("core.baselines.uniform:Uniform", "uniform noise", "Sturmfels et al. 2020"),
    "gaussian": Entry(
        "core.baselines.gaussian:Gaussian",
        "the image under Gaussian noise",
        "Sturmfels et al. 2020",
    ),
    "image": Entry(
        "core.baselines.image:GivenImage", "image:FILE, the same for all images", "xaitool"
    ),
    "optimised-target": Entry(
        "core.baselines.optimised_target:OptimisedTarget",
        "nearest image that the classifier puts into the class of --against, by gradient descent",
        "Shih et al. 2021 (GANMEX), equation 2 without realism",
    ),
    "nearest-target": Entry(
        "core.baselines.nearest_target:NearestTarget",
        "nearest training image of the class of --against (MDTS)",
        "Bach et al. 2015, in GANMEX section 2.2",
    ),
    "target-class": Entry(
        "core.baselines.target_class:TargetClass",
        "training images drawn from the class of --against",
        "Shih et al. 2021 (GANMEX), section 2.3",
    ),
    "ganmex": Entry(
        "core.baselines.counterfactual:CounterfactualBaseline",
        "ganmex:CHECKPOINT, the image turned into the class of --against by a generator of "
        "train-baseline-gan",
        "Shih et al. 2021 (GANMEX)",
    ),
    "cvae": Entry(
        "core.baselines.counterfactual_path:CvaePathBaseline",
        "cvae:CHECKPOINT, for cgi: the path from the image with another sensitive attribute, by an "
        "autoencoder of train-baseline-gan",
        "Qiang et al. 2022 (CIA)",
    ),
    "recolour": Entry(
        "core.baselines.counterfactual_path:RecolouringBaseline",
        "for cgi: the straight line from the image in the other colour, of coloured digits",
        "Qiang et al. 2022 (CIA), in the authors' code",
    ),
}

GUIDANCE = {
    "shap": Entry(
        "core.guidance.shap:ShapEvidence",
        "DeepSHAP of the discriminator against real images",
        "Graves et al. 2020 (LogicGAN)",
    ),
    "deeplift": Entry(
        "core.guidance.shap:DeepLiftEvidence",
        "the same against a black image",
        "Shrikumar et al. 2017",
    ),
    "integrated-gradients": Entry(
        "core.attribution.integrated_gradients:IntegratedGradients",
        "gradients integrated from a black image",
        "Sundararajan et al. 2017",
    ),
    "input-x-gradient": Entry(
        "core.attribution.input_x_gradient:InputXGradient",
        "pixel, in [-1, 1], times gradient",
        "Shrikumar et al. 2016",
    ),
    "saliency": Entry(
        "core.attribution.saliency:Saliency",
        "gradient of the discriminator's output",
        "Nagisetty et al. 2020 (xAI-GAN)",
    ),
    "random": Entry(
        "core.guidance.controls:RandomControl",
        "a control: the mask of shap with its pixels permuted",
        "xaitool",
    ),
    "constant": Entry(
        "core.guidance.controls:ConstantControl",
        "a control: the mean of shap's mask at every pixel",
        "xaitool",
    ),
}
