//! Which parts of a published whole are kept back, so that no group from one to four is told or can be worked out (k ≥ 5).
//!
//! Who reads knows the whole, the parts that are told, and this rule. So the rule is such that it tells of nothing:
//!
//! - a whole from one to nine is not divided at all, whatever its parts are;
//! - what is kept back is at least two parts, and comes to ten or more together: one of them small leaves the other large, and which of
//!   them is small is not known. Were it from five to nine, all of them could be small;
//! - the company of a small part is drawn by chance (marks that only the installation can make), never by its size. Were it the smallest of
//!   the others, it could be no larger than what is told, and the small one no smaller than what that leaves of the sum;
//! - parts that have nothing are no company: they hide nothing, and are told as nought.

/// The least group that is told.
pub const LEAST: i64 = 5;

/// What is kept back comes to so much together at least.
const TOGETHER: i64 = 2 * LEAST;

/// Numbers that a figure tells of. The last may be less than nought.
pub type Groups = [i64; 4];

/// No group in it is small.
pub fn safe(groups: Groups) -> bool {
    groups.iter().all(|n| *n == 0 || n.abs() >= LEAST)
}

/// Two parts may make it up, and nothing is known of either.
fn hides(together: Groups) -> bool {
    together.iter().all(|n| *n == 0 || n.abs() >= TOGETHER)
}

fn together<'a>(parts: impl Iterator<Item = &'a Groups>) -> Groups {
    parts.fold(Groups::default(), |mut sum, p| {
        sum.iter_mut().zip(p).for_each(|(sum, n)| *sum += n);
        sum
    })
}

/// Which parts of a whole are kept back: with those that are kept back of another figure, and with company in the order of the marks.
pub fn kept_back(parts: &[Groups], with: &[bool], marks: &[String]) -> Vec<bool> {
    let all = vec![true; parts.len()];
    if !hides(together(parts.iter())) {
        return all;
    }
    let mut hidden: Vec<bool> = parts.iter().zip(with).map(|(p, with)| *with || !safe(*p)).collect();
    if !hidden.contains(&true) {
        return hidden;
    }
    let mut others: Vec<(&String, usize)> =
        parts.iter().zip(marks).enumerate().filter(|(_, (p, _))| **p != Groups::default()).map(|(at, (_, mark))| (mark, at)).collect();
    others.sort_unstable();
    let mut others = others.into_iter().map(|(_, at)| at);
    loop {
        let many = hidden.iter().filter(|hidden| **hidden).count();
        if many > 1 && hides(together(parts.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(p, _)| p))) {
            return hidden;
        }
        let Some(next) = others.next() else { return all };
        if let Some(one) = hidden.get_mut(next) {
            *one = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn marked(order: &[usize]) -> Vec<String> {
        order.iter().map(ToString::to_string).collect()
    }

    /// Every order of so many.
    fn orders(of: usize) -> Vec<Vec<usize>> {
        let Some(last) = of.checked_sub(1) else { return vec![Vec::new()] };
        let mut all = Vec::new();
        for order in orders(last) {
            for at in 0..=last {
                let mut order = order.clone();
                order.insert(at, last);
                all.push(order);
            }
        }
        all
    }

    /// Every way to divide a sum.
    fn divided(sum: i64, parts: usize) -> Vec<Vec<i64>> {
        if parts == 1 {
            return vec![vec![sum]];
        }
        let with = |first: i64| divided(sum - first, parts - 1).into_iter().map(move |rest| [vec![first], rest].concat());
        (0..=sum).flat_map(with).collect()
    }

    /// All values that each number of each hidden part may have, as far as anybody can tell: until there are enough.
    fn candidates(parts: &[Groups], hidden: &[bool], may_be: impl Fn(&[Groups]) -> bool) -> Vec<(usize, usize, BTreeSet<i64>)> {
        let back: Vec<usize> = (0..parts.len()).filter(|at| hidden[*at]).collect();
        if back.is_empty() {
            return Vec::new();
        }
        let sum = together(back.iter().map(|at| &parts[*at]));
        let [above, below] = [divided(sum[0], back.len()), divided(sum[1], back.len())];
        let mut found: Vec<(usize, usize, BTreeSet<i64>)> =
            back.iter().flat_map(|at| [(*at, 0, BTreeSet::new()), (*at, 1, BTreeSet::new())]).filter(|(_, n, _)| sum[*n] > 0).collect();
        // Along diagonals, so that both numbers differ early.
        for far in 0..below.len() {
            for near in 0..above.len() {
                let mut guess = parts.to_vec();
                for (nth, at) in back.iter().enumerate() {
                    guess[*at] = [above[near][nth], below[(near + far) % below.len()][nth], 0, 0];
                }
                if may_be(&guess) {
                    found.iter_mut().for_each(|(at, n, values)| values.extend([guess[*at][*n]]));
                }
                if found.iter().all(|(.., values)| values.len() > 2 && values.iter().any(|n| *n >= LEAST)) {
                    return found;
                }
            }
        }
        found
    }

    /// One of all orders of company gives this.
    fn may_be_so(parts: &[Groups], with: &[bool], hidden: &[bool]) -> bool {
        orders(parts.len()).iter().any(|order| kept_back(parts, with, &marked(order)) == hidden)
    }

    fn check(parts: &[Groups], order: &[usize]) -> Result<(), TestCaseError> {
        let none = vec![false; parts.len()];
        let hidden = kept_back(parts, &none, &marked(order));
        prop_assert!(parts.iter().zip(&hidden).all(|(p, h)| *h || safe(*p)));
        // The whole is told only where it is safe itself.
        if safe(together(parts.iter())) && hidden.contains(&true) {
            for (at, n, values) in candidates(parts, &hidden, |guess| may_be_so(guess, &none, &hidden)) {
                prop_assert!(values.len() > 2 && values.iter().any(|v| *v >= LEAST), "{at}.{n} of {parts:?} is of {values:?}: {hidden:?}");
            }
        }
        Ok(())
    }

    fn shuffled(of: usize) -> impl Strategy<Value = Vec<usize>> {
        Just((0..of).collect::<Vec<_>>()).prop_shuffle()
    }

    fn history(of: std::ops::RangeInclusive<usize>, above: i64, below: i64) -> impl Strategy<Value = (Vec<Groups>, Vec<usize>)> {
        of.prop_flat_map(move |n| (proptest::collection::vec((0..above, 0..below), n), shuffled(n)))
            .prop_map(|(parts, order)| (parts.into_iter().map(|(above, below)| [above, below, 0, 0]).collect(), order))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Everything that fits the answer is tried: what is hidden has three values at least, and a large one among them.
        #[test]
        fn what_is_kept_back_cannot_be_worked_out((parts, order) in history(2..=4, 16, 1)) {
            check(&parts, &order)?;
        }

        #[test]
        fn nor_where_a_figure_has_two_sides((parts, order) in history(2..=3, 30, 12)) {
            check(&parts, &order)?;
        }

        /// How many were completed is told beside how many of them in time.
        #[test]
        fn nor_beside_the_figure_that_it_is_a_part_of((parts, order) in history(2..=3, 20, 9), other in shuffled(3)) {
            let whole = |parts: &[Groups]| parts.iter().map(|p| [p[0] + p[1], 0, 0, 0]).collect::<Vec<Groups>>();
            let none = vec![false; parts.len()];
            let wholes = whole(&parts);
            let with = kept_back(&wholes, &none, &marked(&other[..parts.len()]));
            let hidden = kept_back(&parts, &with, &marked(&order));
            prop_assert!(with.iter().zip(&hidden).all(|(with, hidden)| *hidden || !with));
            if safe(together(parts.iter())) && safe(together(wholes.iter())) {
                let may_be = |guess: &[Groups]| {
                    let all = whole(guess);
                    all.iter().zip(&wholes).zip(&with).all(|((guess, told), with)| *with || guess == told)
                        && may_be_so(&all, &none, &with)
                        && may_be_so(guess, &with, &hidden)
                };
                for (at, n, values) in candidates(&parts, &hidden, may_be) {
                    prop_assert!(!(1..LEAST).contains(&parts[at][n]) || values.len() > 2, "{at}.{n} of {parts:?} is of {values:?}: {with:?} {hidden:?}");
                }
            }
        }
    }

    #[test]
    fn small_groups_are_kept_back_with_company() {
        let counts = |all: &[i64], order: &[usize]| kept_back(&all.iter().map(|n| [*n, 0, 0, 0]).collect::<Vec<_>>(), &vec![false; all.len()], &marked(order));
        assert_eq!(counts(&[10, 20], &[0, 1]), [false, false]);
        assert_eq!(counts(&[3, 20, 7], &[0, 1, 2]), [true, true, false], "who comes first hides it");
        assert_eq!(counts(&[3, 20, 7], &[0, 2, 1]), [true, false, true], "large or not");
        assert_eq!(counts(&[3, 4, 20], &[0, 1, 2]), [true, true, true], "seven may be small ones only");
        assert_eq!(counts(&[4, 0, 20, 6], &[3, 0, 2, 1]), [true, false, false, true], "nothing is no company");
        assert_eq!(counts(&[0, 9], &[0, 1]), [true, true], "nine are not divided");
        let of = |parts: &[Groups]| kept_back(parts, &vec![false; parts.len()], &marked(&[0, 1]));
        assert_eq!(of(&[[46, 2, 0, 0], [30, 10, 0, 0]]), [true, true], "two who were not on time are few");
        assert_eq!(of(&[[40, 6, 2, 0], [30, 10, 8, 0]]), [true, true], "two that the other figure counts are few");
        assert_eq!(kept_back(&[[8, 0, 0, 0]; 3], &[false, true, true], &marked(&[0, 1, 2])), [false, true, true], "as in the other figure");
    }

    /// The trial sees what there is to see: with the smallest of the others for company and the largest part first, only one answer fitted.
    #[test]
    fn the_smallest_for_company_tells() {
        let counts = |all: [i64; 8]| all.map(|n| [n, 0, 0, 0]);
        let smallest = |parts: &[Groups]| {
            let mut hidden: Vec<bool> = parts.iter().map(|p| !safe(*p)).collect();
            let told = parts.iter().enumerate().filter(|(_, p)| safe(**p)).min_by_key(|(at, p)| (p[0], *at)).map(|(at, _)| at);
            if let Some(one) = told.filter(|_| hidden.iter().filter(|h| **h).count() == 1) {
                hidden[one] = true;
            }
            hidden
        };
        let parts = counts([9, 9, 8, 8, 6, 6, 6, 4]);
        let hidden = smallest(&parts);
        let may_be = |guess: &[Groups]| guess.is_sorted_by(|a, b| a[0] >= b[0]) && smallest(guess) == hidden;
        let values: Vec<Vec<i64>> = candidates(&parts, &hidden, may_be).into_iter().map(|(.., values)| values.into_iter().collect()).collect();
        assert_eq!(values, [[6], [4]]);
    }
}
