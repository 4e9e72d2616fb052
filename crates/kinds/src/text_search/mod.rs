//! Text search: parsers, templates, dictionaries, and the configurations that bring them together.

mod configuration;
mod dictionary;
mod parser;
mod template;

pub use configuration::Configuration;
pub(crate) use configuration::{decode as decode_configuration, decode_mapping};
pub use dictionary::Dictionary;
pub(crate) use dictionary::decode as decode_dictionary;
pub use parser::Parser;
pub(crate) use parser::decode as decode_parser;
pub use template::Template;
pub(crate) use template::decode as decode_template;
