//! What a leak costs: for each key and each way its secret can leak, which operations the exchange would execute, which
//! check stops the others, and how much can be lost.
//!
//! [`decide`] is how an exchange decides a request; [`ways`] says which request each way to leak makes possible; an
//! [`Estate`] is the inventory as this model sees it; [`run`] asks for all of it. [`fixes`] are changes of the estate on
//! which the model runs again. [`mod@weigh`] turns the answer into a severity with its reason.
//!
//! A bound is the worst case: what nobody stated stops nothing, a balance that nobody stated is everything on it.

pub mod amounts;
pub mod decide;
pub mod estate;
pub mod fixes;
pub mod radius;
pub mod ways;
pub mod weigh;

pub use amounts::Amounts;
pub use decide::{Check, Decision, Operation};
pub use estate::Estate;
pub use fixes::{Change, Fix};
pub use radius::{Cell, KeyRadius, Leak, Radius, Reach, WayRadius, run};
pub use ways::Way;
pub use weigh::{Weight, weigh};

use crate::declaration::Policy;
use crate::inventory::Inventory;
use crate::model::time::Time;

/// What leaks cost today, and what could be changed.
pub struct Exposed<'i> {
    /// The inventory as the model sees it.
    pub estate: Estate<'i>,
    /// What leaks cost.
    pub radius: Radius,
    /// What could be changed, and what it takes away.
    pub plan: fixes::Plan,
}

impl<'i> Exposed<'i> {
    /// Runs the model on an inventory, and again after each proposed change.
    pub fn of(inventory: &'i Inventory, policy: &Policy, now: Time) -> Self {
        let estate = Estate::of(inventory, policy, now);
        let radius = run(&estate);
        let plan = fixes::plan(&estate, inventory, &radius);
        Self { estate, radius, plan }
    }
}
