//! Text → secrets found: shape × context. Exchange secrets mostly carry no prefix: 64 letters and digits are a Binance
//! secret or nothing at all. So a linear pass finds what has the shape of a value, and only there is read what stands
//! around it: the name, its neighbours, the call, the kind of file.
//!
//! `blocks`, `runs` and `lex` see bytes, `names` and `context` say what is around a value, `judge` decides about one value, `group`
//! about several. What is known of each exchange is data, under `rules/secrets/`.

pub mod shape;
pub mod value;
pub mod headers;
pub mod quick;
pub mod catalogue;
pub mod check;
pub mod blocks;
pub mod runs;
pub mod unescape;
pub mod token;
pub mod lex;
pub mod urls;
pub mod foreign;
pub mod glued;
pub mod spoken;
pub mod names;
pub mod stand_ins;
pub mod refuse;
pub mod candidate;
pub mod first_look;
pub mod context;
pub mod enclosing;
pub mod mentions;
pub mod readings;
pub mod scene;
pub mod role;
pub mod judge;
pub mod values;
pub mod companions;
pub mod group;
pub mod columns;
pub mod encoded;
pub mod pem;
pub mod phrase;
pub mod arrays;
pub mod detect;

pub use catalogue::{Catalogue, VenueId};
pub use detect::{Detector, Scan};
pub use group::Group;
