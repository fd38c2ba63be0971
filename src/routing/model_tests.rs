//! The relay as a pure model: ten thousand random histories of parties that offer, accept, return, recall, decline, let time
//! pass, crash and race. The guards are the tables themselves; what moves custody, legs and clocks is written here once more,
//! as plainly as it can be said.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::Config};

use super::{
    arbitration::machine::{self as arbitration, ArbitrationAction, ArbitrationState},
    joint::machine::{self as joint, JointAction, JointState},
    transfers::machine::{self as transfers, TransferAction, TransferState},
};
use crate::entrustments::{
    Action, State,
    machine::{self as matter, Facts},
};

const CENTERS: u8 = 5;
const MAX_HAND_OVERS: u32 = 4;
const MAX_RETURNS: u32 = 2;
const MAX_CUSTODY_DECISIONS: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Intake,
    Transfer,
    Arbitration,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    center: u8,
    from: u32,
    to: Option<u32>,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Clock {
    Transfer,
    Arbitration,
    JointAnswer(usize),
    Joint(usize),
}

#[derive(Clone, Copy, Debug)]
struct Leg {
    to: u8,
    state: JointState,
    imposed: bool,
    asked: bool,
    extended: bool,
    handed_back: bool,
}

/// One matter and all that the relay holds of it.
#[derive(Clone, Debug)]
struct World {
    now: u32,
    version: u32,
    state: State,
    held: Option<State>,
    chain: Vec<Link>,
    offer: Option<(u8, TransferState)>,
    /// Who has returned it, or did not answer.
    returned_by: Vec<u8>,
    hand_overs: u32,
    arbitration: Option<ArbitrationState>,
    reviewed: bool,
    arbitrated: bool,
    custody_decisions: u32,
    legs: Vec<Leg>,
    /// Running, or resting with its matter.
    clocks: BTreeMap<Clock, bool>,
}

#[derive(Clone, Debug)]
enum Move {
    Offer(u8),
    Answer(TransferAction),
    AskJoint(u8),
    Joint(usize, JointAction),
    AskArbitration,
    Arbitrate(ArbitrationAction, u8, u8),
    Matter(Action),
    /// The process dies before the commit.
    Crash(Box<Move>),
    /// Two at once: whoever comes second decides on what the first has left.
    Race(Box<Move>, Box<Move>),
}

type Refused = ();

impl World {
    fn new() -> Self {
        let chain = vec![Link { center: 0, from: 0, to: None, cause: Cause::Intake }];
        Self {
            now: 0,
            version: 1,
            state: State::InProgress,
            held: None,
            chain,
            offer: None,
            returned_by: Vec::new(),
            hand_overs: 0,
            arbitration: None,
            reviewed: false,
            arbitrated: false,
            custody_decisions: 0,
            legs: Vec::new(),
            clocks: BTreeMap::new(),
        }
    }

    fn custodian(&self) -> u8 {
        self.chain.last().map_or(0, |link| link.center)
    }

    fn facts(&self) -> Facts {
        Facts {
            transfer_open: self.offered(),
            open_legs: u32::try_from(self.legs.iter().filter(|l| l.state.is_open()).count()).unwrap_or(u32::MAX),
            hand_overs: self.hand_overs,
            max_hand_overs: MAX_HAND_OVERS,
            arbitration_open: self.arbitration.is_some_and(ArbitrationState::is_open),
            arbitrated: self.arbitrated,
            steps_free: self.legs.iter().filter(|l| l.state.is_open()).count() < 3,
            returns: u32::try_from(self.returned_by.len()).unwrap_or(u32::MAX),
            max_returns: MAX_RETURNS,
            something_done: true,
            ..Facts::default()
        }
    }

    fn offered(&self) -> bool {
        matches!(self.offer, Some((_, TransferState::Offered)))
    }

    fn ended(&self) -> bool {
        self.state.is_final()
    }

    fn hand_over(&mut self, to: u8, cause: Cause) {
        if let Some(last) = self.chain.last_mut() {
            last.to = Some(self.now);
        }
        self.chain.push(Link { center: to, from: self.now, to: None, cause });
        match cause {
            Cause::Transfer => self.hand_overs += 1,
            _ => self.custody_decisions += 1,
        }
        // Nobody asks themselves.
        for at in 0..self.legs.len() {
            if self.legs[at].state.is_open() && self.legs[at].to == to {
                self.end_leg(at, JointState::Cancelled);
            }
        }
    }

    fn end_leg(&mut self, at: usize, state: JointState) {
        self.legs[at].state = state;
        self.clocks.remove(&Clock::JointAnswer(at));
        self.clocks.remove(&Clock::Joint(at));
    }

    fn dispute(&mut self) {
        if self.arbitration.is_none_or(|a| !a.is_open()) {
            self.arbitration = Some(ArbitrationState::Opened);
            self.reviewed = false;
            self.clocks.insert(Clock::Arbitration, true);
        }
    }

    /// One command, as one transaction: all of it or nothing.
    fn command(&mut self, m: &Move) -> Result<(), Refused> {
        let mut next = self.clone();
        next.apply(m)?;
        next.version += 1;
        *self = next;
        Ok(())
    }

    fn apply(&mut self, m: &Move) -> Result<(), Refused> {
        let facts = self.facts();
        match m {
            Move::Offer(to) => {
                matter::permits(self.state, &facts, Action::Transfer).map_err(drop)?;
                if *to == self.custodian() || self.returned_by.contains(to) {
                    return Err(());
                }
                self.offer = Some((*to, TransferState::Offered));
                self.clocks.insert(Clock::Transfer, true);
            }
            Move::Answer(action) => self.answer(*action)?,
            Move::AskJoint(to) => {
                matter::permits(self.state, &facts, Action::RequestJoint).map_err(drop)?;
                if *to == self.custodian() || self.legs.iter().any(|l| l.to == *to && matches!(l.state, JointState::Declined | JointState::Expired)) {
                    return Err(());
                }
                self.clocks.insert(Clock::JointAnswer(self.legs.len()), true);
                self.legs.push(Leg { to: *to, state: JointState::Requested, imposed: false, asked: false, extended: false, handed_back: false });
            }
            Move::Joint(at, action) => self.joint(*at, *action)?,
            Move::AskArbitration => {
                matter::permits(self.state, &facts, Action::AskArbitration).map_err(drop)?;
                self.dispute();
            }
            Move::Arbitrate(action, kind, to) => self.arbitrate(*action, *kind, *to)?,
            Move::Matter(action) => self.matter(*action)?,
            Move::Crash(_) | Move::Race(..) => {}
        }
        Ok(())
    }

    fn answer(&mut self, action: TransferAction) -> Result<(), Refused> {
        let (to, state) = self.offer.ok_or(())?;
        let next = transfers::decide(state, action).map_err(drop)?;
        self.offer = Some((to, next));
        self.clocks.remove(&Clock::Transfer);
        match action {
            TransferAction::Accept => self.hand_over(to, Cause::Transfer),
            TransferAction::Recall => {}
            TransferAction::Return | TransferAction::Expire => {
                self.returned_by.push(to);
                if action == TransferAction::Expire || self.returned_by.len() >= MAX_RETURNS as usize {
                    self.dispute();
                }
            }
        }
        Ok(())
    }

    fn joint(&mut self, at: usize, action: JointAction) -> Result<(), Refused> {
        let leg = *self.legs.get(at).ok_or(())?;
        let facts = joint::Facts {
            matter_active: self.state == State::InProgress,
            imposed: leg.imposed,
            steps_left: u32::from(!leg.handed_back),
            extended: leg.extended,
            asked: leg.asked,
            result_ready: !leg.handed_back,
        };
        let next = joint::permits(leg.state, &facts, action).map_err(drop)?;
        match action {
            JointAction::Accept => {
                self.clocks.remove(&Clock::JointAnswer(at));
                self.clocks.insert(Clock::Joint(at), true);
            }
            JointAction::AskMaterials => self.legs[at].asked = true,
            JointAction::HandBack => self.legs[at].handed_back = true,
            JointAction::Extend => self.legs[at].extended = true,
            _ => {}
        }
        self.legs[at].state = next;
        if !next.is_open() {
            self.end_leg(at, next);
        }
        if matches!(action, JointAction::Decline | JointAction::Expire) {
            self.dispute();
        }
        Ok(())
    }

    fn arbitrate(&mut self, action: ArbitrationAction, kind: u8, to: u8) -> Result<(), Refused> {
        let state = self.arbitration.ok_or(())?;
        let facts = arbitration::Facts { reviewed: self.reviewed, matter_closed: self.ended() };
        let next = arbitration::permits(state, facts, action).map_err(drop)?;
        if action == ArbitrationAction::Decide {
            let movable = matter::TABLE.iter().any(|(a, from, _)| *a == Action::Transfer && from.contains(&self.state));
            match kind {
                1 if to == self.custodian() || !movable || self.custody_decisions >= MAX_CUSTODY_DECISIONS => return Err(()),
                1 => {
                    if self.offered() {
                        return Err(());
                    }
                    self.hand_over(to, Cause::Arbitration);
                }
                2 if to == self.custodian() || self.state != State::InProgress => return Err(()),
                2 => {
                    self.clocks.insert(Clock::Joint(self.legs.len()), true);
                    self.legs.push(Leg { to, state: JointState::Accepted, imposed: true, asked: false, extended: false, handed_back: false });
                }
                _ => {}
            }
            self.arbitrated = true;
        }
        if action == ArbitrationAction::Review {
            self.reviewed = true;
        }
        self.arbitration = Some(next);
        if next.is_open() {
            self.clocks.insert(Clock::Arbitration, true);
        } else {
            self.clocks.remove(&Clock::Arbitration);
        }
        Ok(())
    }

    fn matter(&mut self, action: Action) -> Result<(), Refused> {
        let before = self.state;
        let next = matter::decide(before, self.held, &self.facts(), action).map_err(drop)?;
        if action == Action::RequestTermination {
            self.held = Some(before);
        }
        self.state = next;
        let leg_clocks = |c: &Clock| matches!(c, Clock::Joint(_) | Clock::JointAnswer(_));
        if before != next && (next == State::Suspended || before == State::Suspended) {
            let runs = next != State::Suspended;
            self.clocks.iter_mut().filter(|(c, _)| leg_clocks(c)).for_each(|(_, r)| *r = runs);
        }
        if self.ended() && !before.is_final() {
            // What the relay still held open falls with its matter.
            if let Some((to, TransferState::Offered)) = self.offer {
                self.offer = Some((to, TransferState::Recalled));
            }
            for at in 0..self.legs.len() {
                if self.legs[at].state.is_open() {
                    self.end_leg(at, JointState::Cancelled);
                }
            }
            if self.arbitration.is_some_and(ArbitrationState::is_open) {
                self.arbitration = Some(ArbitrationState::Moot);
            }
            self.clocks.clear();
        }
        Ok(())
    }

    fn play(&mut self, m: &Move) {
        self.now += 1;
        match m {
            Move::Crash(inner) => {
                // All that was done is gone with the transaction.
                let before = format!("{self:?}");
                let mut lost = self.clone();
                let _ = lost.command(inner);
                assert_eq!(before, format!("{self:?}"));
            }
            Move::Race(first, second) => {
                let offered = self.offered();
                let won = [self.command(first).is_ok(), self.command(second).is_ok()];
                let answers = [&**first, &**second].iter().zip(won).filter(|(m, ok)| *ok && matches!(m, Move::Answer(_))).count();
                let offers = [&**first, &**second].iter().zip(won).filter(|(m, ok)| *ok && matches!(m, Move::Offer(_))).count();
                assert!(answers <= usize::from(offered) + offers, "one answer to one offer");
            }
            other => {
                let _ = self.command(other);
            }
        }
    }

    fn check(&self) {
        let open = self.chain.iter().filter(|l| l.to.is_none()).count();
        assert_eq!(open, 1, "exactly one custodian");
        assert!(self.chain.last().is_some_and(|l| l.to.is_none()));
        for pair in self.chain.windows(2) {
            let [a, b] = pair else { continue };
            assert!(a.to == Some(b.from) && a.from <= b.from && a.center != b.center, "no gap, no overlap");
        }
        let by = |cause| u32::try_from(self.chain.iter().filter(|l| l.cause == cause).count()).unwrap_or(u32::MAX);
        assert!(by(Cause::Transfer) <= MAX_HAND_OVERS && by(Cause::Arbitration) <= MAX_CUSTODY_DECISIONS, "bounded");
        let decided = self.chain.iter().position(|l| l.cause == Cause::Arbitration).unwrap_or(self.chain.len());
        assert!(self.chain.iter().skip(decided).all(|l| l.cause == Cause::Arbitration), "what was decided is not transferred");
        assert!(self.returned_by.len() <= MAX_RETURNS as usize, "returns are bounded");
        // Every clock runs, or rests, for a reason; and every reason has its clock.
        let mut due = BTreeMap::new();
        if self.offered() {
            due.insert(Clock::Transfer, true);
        }
        if self.arbitration.is_some_and(ArbitrationState::is_open) {
            due.insert(Clock::Arbitration, true);
        }
        for (at, leg) in self.legs.iter().enumerate().filter(|(_, l)| l.state.is_open()) {
            let clock = if leg.state == JointState::Requested { Clock::JointAnswer(at) } else { Clock::Joint(at) };
            due.insert(clock, self.state != State::Suspended);
        }
        assert_eq!(self.clocks, due);
        assert!(!self.ended() || due.is_empty(), "nothing is open beside what has ended");
        assert!(self.state != State::Completed || self.facts().open_legs == 0, "nothing completes while others carry steps");
    }
}

fn any_move() -> impl Strategy<Value = Move> {
    let center = 0..CENTERS;
    let answer = prop_oneof![
        4 => Just(TransferAction::Accept),
        2 => Just(TransferAction::Return),
        1 => Just(TransferAction::Recall),
        1 => Just(TransferAction::Expire),
    ];
    let leg = (0..4usize, proptest::sample::select(<JointAction as crate::kernel::Code>::ALL)).prop_map(|(at, action)| Move::Joint(at, action));
    let decide = (proptest::sample::select(<ArbitrationAction as crate::kernel::Code>::ALL), 0..3u8, center.clone());
    let acts = [
        Action::Suspend,
        Action::Resume,
        Action::Complete,
        Action::SignCompletion,
        Action::RefuseCompletion,
        Action::RequestTermination,
        Action::CancelTermination,
        Action::SignTermination,
        Action::Reopen,
    ];
    let plain = prop_oneof![
        6 => center.clone().prop_map(Move::Offer),
        8 => answer.prop_map(Move::Answer),
        4 => center.prop_map(Move::AskJoint),
        8 => leg,
        2 => Just(Move::AskArbitration),
        5 => decide.prop_map(|(action, kind, to)| Move::Arbitrate(action, kind, to)),
        3 => proptest::sample::select(acts.to_vec()).prop_map(Move::Matter),
    ]
    .boxed();
    let (a, b) = (plain.clone(), plain.clone());
    prop_oneof![
        12 => plain.clone(),
        1 => plain.prop_map(|m| Move::Crash(Box::new(m))),
        2 => (a, b).prop_map(|(a, b)| Move::Race(Box::new(a), Box::new(b))),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 10_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_the_parties_do(moves in proptest::collection::vec(any_move(), 1..60)) {
        let mut world = World::new();
        for m in &moves {
            world.play(m);
            world.check();
        }
    }
}
