"""Writes reference.json beside this file: fixed vectors and what scikit-learn, SciPy and NumPy make of them.

The tests read the JSON with Node alone; run this only to change the vectors:

    python -m venv .venv && .venv/bin/pip install numpy scipy scikit-learn
    .venv/bin/python test/evaluation/reference/make_reference.py
    npx biome check --write test/evaluation/reference

DeLong is computed here by the definition (every positive against every negative), independently of the
mid-rank algorithm under test; Hausdorff from SciPy's distance transform and erosion, as MONAI defines it.
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy import ndimage, special, stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression


def brute_force_delong(labels, a, b=None):
    """AUC, variance and, with b, the paired test, from the full matrix of comparisons."""

    def components(p):
        positives, negatives = p[labels == 1], p[labels == 0]
        wins = (positives[:, None] > negatives[None, :]) + 0.5 * (positives[:, None] == negatives[None, :])
        return wins.mean(), wins.mean(axis=1), wins.mean(axis=0)

    auc_a, v10_a, v01_a = components(a)
    m, n = len(v10_a), len(v01_a)
    variance = v10_a.var(ddof=1) / m + v01_a.var(ddof=1) / n
    if b is None:
        return auc_a, variance
    auc_b, v10_b, v01_b = components(b)
    covariance = np.cov(v10_a, v10_b) / m + np.cov(v01_a, v01_b) / n
    contrast = np.array([1, -1])
    se = np.sqrt(contrast @ covariance @ contrast)
    z = (auc_a - auc_b) / se
    return dict(auc_a=auc_a, auc_b=auc_b, standard_error=se, p=2 * stats.norm.sf(abs(z)))


def classification_case(name, labels, probabilities, other):
    labels, p, q = map(np.asarray, (labels, probabilities, other))
    fpr, tpr, thresholds = metrics.roc_curve(labels, p, drop_intermediate=False)
    precision, recall, _ = metrics.precision_recall_curve(labels, p)
    observed, mean = calibration_curve(labels, p, n_bins=10, strategy="uniform")
    bin_of = np.searchsorted(np.linspace(0, 1, 11)[1:-1], p)
    ece = sum(
        (bin_of == b).mean() * abs(labels[bin_of == b].mean() - p[bin_of == b].mean())
        for b in range(10)
        if (bin_of == b).any()
    )
    auc, variance = brute_force_delong(labels, p)
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    called = p >= 0.5
    tn, fp, fn, tp = (int(v) for v in metrics.confusion_matrix(labels, called).ravel())
    logit = special.logit(np.clip(p, 1e-7, 1 - 1e-7))
    # scikit-learn stops early; its fit is where SciPy's root of the likelihood's gradient is looked for.
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(logit[:, None], labels)
    residual = lambda c, s: special.expit(c + s * logit) - labels
    root = scipy.optimize.root(
        lambda x: [residual(*x).sum(), (residual(*x) * logit).sum()],
        [fit.intercept_[0], fit.coef_[0, 0]],
        tol=1e-14,
    )
    assert abs(root.x[1] - fit.coef_[0, 0]) < 1e-3
    large = scipy.optimize.brentq(lambda c: (special.expit(c + logit) - labels).sum(), -20, 20, xtol=1e-14)
    return dict(
        name=name,
        labels=labels.tolist(),
        probabilities=p.tolist(),
        other=q.tolist(),
        auc=metrics.roc_auc_score(labels, p),
        roc=dict(false_positive_rate=fpr.tolist(), sensitivity=tpr.tolist(), thresholds=thresholds[1:].tolist()),
        average_precision=metrics.average_precision_score(labels, p),
        precision=precision[:-1][::-1].tolist(),
        recall=recall[:-1][::-1].tolist(),
        brier=metrics.brier_score_loss(labels, p),
        calibration=dict(observed=observed.tolist(), mean_probability=mean.tolist()),
        expected_calibration_error=ece,
        calibration_slope=float(root.x[1]),
        calibration_intercept_in_the_large=large,
        delong=dict(variance=variance, lower=max(0, auc - half), upper=min(1, auc + half)),
        paired_delong=brute_force_delong(labels, p, q),
        matrix=dict(truePositives=tp, falsePositives=fp, trueNegatives=tn, falseNegatives=fn),
        sensitivity=metrics.recall_score(labels, called),
        specificity=metrics.recall_score(1 - labels, ~called),
        positive_predictive_value=metrics.precision_score(labels, called),
        negative_predictive_value=metrics.precision_score(1 - labels, ~called),
        accuracy=metrics.accuracy_score(labels, called),
    )


def weighted_case(rng, labels, p):
    weights = rng.integers(0, 4, len(labels))
    return dict(
        labels=labels.tolist(),
        probabilities=p.tolist(),
        weights=weights.tolist(),
        auc=metrics.roc_auc_score(labels, p, sample_weight=weights),
        average_precision=metrics.average_precision_score(labels, p, sample_weight=weights),
        brier=metrics.brier_score_loss(labels, p, sample_weight=weights),
    )


def boundary(mask):
    return mask & ~ndimage.binary_erosion(mask)


def hausdorff95(a, b, spacing):
    edge_a, edge_b = boundary(a), boundary(b)
    forth = ndimage.distance_transform_edt(~edge_b, sampling=spacing)[edge_a]
    back = ndimage.distance_transform_edt(~edge_a, sampling=spacing)[edge_b]
    return max(np.percentile(forth, 95), np.percentile(back, 95))


def lesions(a, b):
    labelled, count = ndimage.label(a, structure=np.ones((3, 3)))
    touched = sum(b[labelled == k].mean() >= 0.1 for k in range(1, count + 1))
    return count, int(touched)


def runs(mask):
    """Row-major run lengths, starting with zeros."""
    flat = mask.ravel().astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [0]])))
    return edges.tolist()


def blob(rng, rows, columns, smoothing, level):
    field = ndimage.gaussian_filter(rng.standard_normal((rows, columns)), smoothing)
    return field > level * field.std()


def mask_case(rng, rows, columns, spacing, shift):
    reference = blob(rng, rows, columns, 5, 1.2)
    predicted = np.roll(reference, shift, axis=(0, 1)) & ~blob(rng, rows, columns, 4, 1.5)
    flat_a, flat_b = reference.ravel(), predicted.ravel()
    count_a, touched_a = lesions(reference, predicted)
    count_b, touched_b = lesions(predicted, reference)
    return dict(
        rows=rows,
        columns=columns,
        spacing=list(spacing),
        reference=runs(reference),
        predicted=runs(predicted),
        dice=metrics.f1_score(flat_a, flat_b),
        intersection_over_union=metrics.jaccard_score(flat_a, flat_b),
        hausdorff95=hausdorff95(reference, predicted, spacing),
        distance_sum=float(ndimage.distance_transform_edt(~reference, sampling=spacing).sum()),
        lesions=dict(
            referenceLesions=count_a, detectedLesions=touched_a, predictedLesions=count_b, falseLesions=count_b - touched_b
        ),
    )


def main():
    rng = np.random.default_rng(20240607)
    labels = (rng.random(240) < 0.25).astype(int)
    logit = rng.normal(1.8 * labels - 1.4, 1.1)
    p = special.expit(logit).round(6)
    q = special.expit(0.7 * logit + rng.normal(0, 0.8, 240)).round(6)
    tied_labels = (rng.random(90) < 0.4).astype(int)
    tied = np.clip((0.3 * tied_labels + rng.random(90) * 0.7), 0, 1).round(1)
    tied_other = np.clip((0.2 * tied_labels + rng.random(90) * 0.8), 0, 1).round(1)

    before = rng.beta(2, 6, 400).round(5)
    after = rng.beta(2.6, 6, 300).round(5)
    a, b = rng.integers(0, 30, 60) / 30, rng.integers(0, 30, 60) / 30
    wilcoxon = stats.wilcoxon(a, b, method="asymptotic", correction=False)
    right_a, right_b = rng.random(150) < 0.85, rng.random(150) < 0.75
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    tables = [[[30, 12], [18, 40]], [[5, 9, 30, 0], [8, 3, 44, 0], [1, 1, 20, 0]]]

    edges = np.unique(np.quantile(before, np.arange(1, 10) / 10))
    share = lambda x: (np.bincount(np.searchsorted(edges, x, side="left"), minlength=10) + 0.5) / (len(x) + 5)
    sp, sq = share(before), share(after)

    reference = dict(
        versions=dict(numpy=np.__version__, scipy=scipy.__version__, sklearn=sklearn.__version__),
        classification=[
            classification_case("distinct probabilities", labels, p, q),
            classification_case("many ties", tied_labels, tied, tied_other),
        ],
        weighted=[weighted_case(rng, labels, p), weighted_case(rng, tied_labels, tied)],
        wilson=[
            dict(successes=k, total=n, level=level, lower=ci.low, upper=ci.high)
            for k, n, level in [(0, 12, 0.95), (12, 12, 0.95), (81, 263, 0.95), (5, 9, 0.99), (1, 10000, 0.95)]
            for ci in [stats.binomtest(k, n).proportion_ci(level, method="wilson")]
        ],
        normal=[dict(z=z, cumulative=stats.norm.cdf(z), two_sided=2 * stats.norm.sf(abs(z))) for z in (-9.5, -3.2, -0.4, 0, 0.01, 1.3, 2.5758, 6.1)],
        normal_quantile=[dict(p=v, z=stats.norm.ppf(v)) for v in (1e-12, 1e-5, 0.01, 0.05, 0.4, 0.5, 0.8, 0.975, 0.9999999)],
        chi_squared=[dict(x=x, df=df, p=stats.chi2.sf(x, df)) for x, df in [(0.1, 1), (3.84, 1), (10, 3), (80, 3), (40, 50), (700, 5), (0, 2)]],
        log_gamma=[dict(x=x, value=special.gammaln(x)) for x in (0.2, 0.5, 1, 3.7, 21, 500.5)],
        contingency=[
            dict(table=t, statistic=r.statistic, p=r.pvalue, df=r.dof, v=stats.contingency.association(np.array(t)[:, np.array(t).sum(0) > 0]))
            for t in tables
            for r in [stats.chi2_contingency(np.array(t)[:, np.array(t).sum(0) > 0], correction=False)]
        ],
        mcnemar=dict(
            right_a=right_a.tolist(), right_b=right_b.tolist(), only_a=only_a, only_b=only_b,
            p=stats.binomtest(min(only_a, only_b), only_a + only_b, 0.5).pvalue,
        ),
        wilcoxon=dict(a=a.tolist(), b=b.tolist(), statistic=wilcoxon.statistic, p=wilcoxon.pvalue, pairs=int((a != b).sum())),
        two_proportions=dict(
            events=[[37, 400], [61, 420]],
            p=stats.chi2_contingency([[37, 363], [61, 359]], correction=False).pvalue,
        ),
        drift=dict(
            before=before.tolist(), after=after.tolist(),
            ks=stats.ks_2samp(before, after).statistic,
            ks_p=special.kolmogorov(np.sqrt(400 * 300 / 700) * stats.ks_2samp(before, after).statistic),
            psi=float(((sq - sp) * np.log(sq / sp)).sum()),
            psi_p=stats.chi2.sf(float(((sq - sp) * np.log(sq / sp)).sum()) / (1 / 400 + 1 / 300), 9),
        ),
        kolmogorov=[dict(x=x, p=special.kolmogorov(x)) for x in (0.3, 0.7, 0.99, 1, 1.01, 1.6, 3)],
        quantiles=dict(values=sorted(before.tolist()), fractions=[0, 0.025, 0.5, 0.95, 1], expected=np.quantile(before, [0, 0.025, 0.5, 0.95, 1]).tolist()),
        masks=[
            mask_case(rng, 80, 64, (1, 1), (2, 1)),
            mask_case(rng, 64, 96, (0.168, 0.168), (0, 5)),
            mask_case(rng, 50, 70, (0.4, 0.15), (3, -2)),
        ],
    )
    as_plain = lambda value: value.item() if isinstance(value, np.generic) else str(value)
    path = pathlib.Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(reference, default=as_plain) + "\n")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
