//! How far an outline may leave the streets that its sentence names, and its area be from the one that
//! is stated.

use super::evidence::{Compiled, Stretch, StretchKind};
use super::refusal::{Gap, Reason, Refusal};

/// The longest straight bridge across a gap, in metres.
pub(super) const MAX_BRIDGE: f64 = 250.0;

/// The most that all straight bridges may make up of the outline.
pub(super) const MAX_BRIDGE_SHARE: f64 = 0.10;

/// The longest way without interruption along streets that the side does not name, in metres.
pub(super) const MAX_VIA: f64 = 500.0;

/// The most that bridges and ways along other streets may together make up of the outline.
pub(super) const MAX_OFF_SHARE: f64 = 0.20;

/// A stated area that is more than this many times the measured one, or less than its part, says
/// that the polygon is not the one that was meant.
pub(super) const MAX_AREA_FACTOR: f64 = 2.0;

/// The outline, unless it leaves the named streets for too long or too often.
pub(super) fn within_limits(compiled: Compiled) -> Result<Compiled, Refusal> {
    let total: f64 = compiled.stretches.iter().map(|s| s.metres).sum();
    let gaps = gaps(&compiled.stretches);
    let mut reasons = Vec::new();
    for gap in &gaps {
        for run in gap
            .stretches
            .chunk_by(|a, b| (a.kind == StretchKind::Via) == (b.kind == StretchKind::Via))
        {
            let metres = run.iter().map(|s| s.metres).sum();
            if run[0].kind == StretchKind::Via && metres > MAX_VIA {
                let mut along: Vec<String> = run.iter().filter_map(|s| s.street.clone()).collect();
                along.dedup();
                let (from, to) = (gap.from.clone(), gap.to.clone());
                reasons.push(Reason::ViaTooLong {
                    from,
                    to,
                    along,
                    metres,
                });
            }
        }
    }
    let bridged = |gap: &Between| gap.metres(|s| s.kind == StretchKind::Bridge);
    let elsewhere = |gap: &Between| gap.metres(|_| true);
    let (metres, list) = summary(&gaps, bridged);
    if metres > MAX_BRIDGE_SHARE * total {
        reasons.push(Reason::TooMuchBridged {
            metres,
            share: metres / total,
            gaps: list,
        });
    }
    let (metres, list) = summary(&gaps, elsewhere);
    if metres > MAX_OFF_SHARE * total {
        reasons.push(Reason::TooMuchElsewhere {
            metres,
            share: metres / total,
            gaps: list,
        });
    }
    if reasons.is_empty() {
        Ok(compiled)
    } else {
        Err(Refusal { reasons })
    }
}

/// The stretches between two that follow named streets.
struct Between {
    from: String,
    to: String,
    stretches: Vec<Stretch>,
}

impl Between {
    fn metres(&self, counts: impl Fn(&Stretch) -> bool) -> f64 {
        self.stretches
            .iter()
            .filter(|s| counts(s))
            .map(|s| s.metres)
            .sum()
    }
}

fn gaps(stretches: &[Stretch]) -> Vec<Between> {
    // Begin after a street, so that no gap runs past the end of the list.
    let first = stretches
        .iter()
        .position(|s| s.kind == StretchKind::Street)
        .unwrap_or(0);
    let around = stretches[first..].iter().chain(&stretches[..=first]);
    let mut gaps = Vec::new();
    let (mut from, mut inside) = (String::new(), Vec::new());
    for stretch in around {
        if stretch.kind != StretchKind::Street {
            inside.push(stretch.clone());
            continue;
        }
        let to = stretch.street.clone().unwrap_or_default();
        if !inside.is_empty() {
            let stretches = std::mem::take(&mut inside);
            gaps.push(Between {
                from,
                to: to.clone(),
                stretches,
            });
        }
        from = to;
    }
    gaps
}

/// The metres of all gaps, and the gaps that have any.
fn summary(gaps: &[Between], metres: impl Fn(&Between) -> f64) -> (f64, Vec<Gap>) {
    let list: Vec<Gap> = gaps
        .iter()
        .map(|gap| Gap {
            from: gap.from.clone(),
            to: gap.to.clone(),
            metres: metres(gap),
        })
        .filter(|gap| gap.metres > 0.0)
        .collect();
    (list.iter().map(|gap| gap.metres).sum(), list)
}
