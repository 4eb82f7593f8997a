"""Images and ratings."""

from __future__ import annotations

from xaitool.registry.entry import Entry

DATASETS = {
    "digits": Entry(
        "data.sets.digits:load",
        "1,797 real handwritten digits, 28x28 grey, needs no download",
        "Alpaydin and Kaynak 1998, shipped by scikit-learn",
    ),
    "mnist": Entry(
        "data.sets.torchvision_sets:load_mnist", "handwritten digits", "LeCun et al. 1998"
    ),
    "fashion-mnist": Entry(
        "data.sets.torchvision_sets:load_fashion_mnist", "garments", "Xiao et al. 2017"
    ),
    "kmnist": Entry(
        "data.sets.torchvision_sets:load_kmnist",
        "cursive Japanese characters",
        "Clanuwat et al. 2018",
    ),
    "cifar10": Entry(
        "data.sets.torchvision_sets:load_cifar10", "32x32 colour photographs", "Krizhevsky 2009"
    ),
    "cifar100": Entry(
        "data.sets.torchvision_sets:load_cifar100",
        "32x32 colour photographs of 100 classes",
        "Krizhevsky 2009",
    ),
    "svhn": Entry("data.sets.torchvision_sets:load_svhn", "house numbers", "Netzer et al. 2011"),
    "celeba": Entry(
        "data.sets.celeba:load",
        "faces with 40 attributes; class Heavy_Makeup, sensitive Male; celeba:crop=178",
        "Liu et al. 2015",
        options="data.sets.celeba:CelebA",
    ),
    "coloured-mnist": Entry(
        "data.sets.coloured_mnist:load",
        "mnist in red, green or blue, whatever the digit; coloured-mnist:of=digits,seed=3",
        "Shih et al. 2021 (GANMEX), appendix A.1",
        options="data.sets.coloured_mnist:ColouredMnist",
    ),
    "biased-mnist": Entry(
        "data.sets.biased_mnist:load",
        "mnist in red or green, which goes with the label in train and against it in test; "
        "biased-mnist:of=digits,label=digit,noise=0",
        "Arjovsky et al. 2019 (IRM), section 5.2",
        options="data.sets.biased_mnist:BiasedMnist",
    ),
    "textures": Entry(
        "data.sets.textures:load",
        "checks, clouds and stripes, 32x32 colour, made, no download",
        "xaitool",
    ),
    "composite": Entry(
        "data.sets.composite:load",
        "objects on scenes, with masks; composite:objects=fashion-mnist,scenes=cifar10",
        "after Yang and Kim 2019 (BAM)",
        options="data.sets.composite:Composite",
    ),
    "bam": Entry(
        "data.sets.bam:load",
        "bam:PATH, BAM's objects on scenes, with masks",
        "Yang and Kim 2019 (BAM)",
    ),
    "folder": Entry(
        "data.sets.image_folder:load",
        "folder:PATH, an image folder or a .zip of one; attributes.csv in it names attributes",
        "xaitool",
    ),
}

RATINGS = {
    "synthetic-ratings": Entry(
        "data.ratings.synthetic:load",
        "ratings made from planted preferences, needs no download; synthetic-ratings:noise=0.1",
        "xaitool",
        options="data.ratings.synthetic:SyntheticRatings",
    ),
    "ml-100k": Entry(
        "data.ratings.movielens:load_100k",
        "100,000 ratings of films, 18 genres",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-1m": Entry(
        "data.ratings.movielens:load_1m",
        "a million ratings of films, 18 genres",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-10m": Entry(
        "data.ratings.movielens:load_10m",
        "10 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-20m": Entry(
        "data.ratings.movielens:load_20m",
        "20 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-25m": Entry(
        "data.ratings.movielens:load_25m",
        "25 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-32m": Entry(
        "data.ratings.movielens:load_32m",
        "32 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "yahoo-movies": Entry(
        "data.ratings.yahoo_movies:load",
        "yahoo-movies:FOLDER, Yahoo! Movies user ratings, Webscope R4",
        "Yahoo! Research",
    ),
    "csv": Entry(
        "data.ratings.csv_file:load",
        "csv:FILE, lines of user,item,rating[,timestamp], and the file of aspects beside it",
        "xaitool",
    ),
}
