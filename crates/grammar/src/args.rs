//! The arguments of an attribute, before anyone asks what they mean: `pk`, `name = "x"`, `unique(a, b)`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Lit, Token};

use crate::rust_type::plain;
use crate::{Cfg, Place, Placed, Places, Problem, Text, TypePath, suggestion};

/// One argument.
pub(crate) struct Arg {
    /// Its key; empty for a bare literal.
    pub(crate) key: TypePath,
    /// What follows the key.
    pub(crate) form: Form,
}

pub(crate) enum Form {
    /// Nothing: a flag, a column, a type.
    Bare,
    /// A literal without a key.
    Literal(Value),
    /// `= literal` or `= path`.
    Equals(Value),
    /// `(…)`, or `= […]`.
    List(Vec<Arg>),
}

pub(crate) enum Value {
    Str(Text),
    /// A number, with its sign.
    Number(Text),
    Bool(Placed<bool>),
    Path(TypePath),
}

impl Value {
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Str(text) | Self::Number(text) => text.place,
            Self::Bool(value) => value.place,
            Self::Path(path) => path.place,
        }
    }
}

impl Arg {
    pub(crate) fn key(&self) -> &str {
        if self.key.absolute || self.key.segments.len() > 1 { "" } else { self.key.last() }
    }

    pub(crate) fn place(&self) -> Place {
        self.key.place
    }

    /// The argument where it is not `key = …` or `key(…)`: something in a list.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.form, Form::Bare | Form::Literal(_))
    }
}

/// Collects places and problems while attributes are understood.
pub(crate) struct Parser<'a> {
    pub(crate) places: Places,
    pub(crate) problems: Vec<Problem>,
    pub(crate) cfg: &'a Cfg,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(cfg: &'a Cfg) -> Self {
        Self { places: Places::default(), problems: Vec::new(), cfg }
    }

    pub(crate) fn text(&mut self, value: impl Into<String>, span: Span) -> Text {
        Placed::new(value.into(), self.places.add(span))
    }

    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The arguments in the tokens of an attribute; a syntax error is a problem, and gives none.
    pub(crate) fn args(&mut self, tokens: proc_macro2::TokenStream) -> Vec<Arg> {
        match (|input: ParseStream| list(input, &mut self.places)).parse2(tokens) {
            Ok(args) => args,
            Err(error) => {
                let place = self.places.add(error.span());
                self.problem(
                    Problem::new("models::syntax", format!("this attribute can't be read: {error}"), place)
                        .help("write `key = \"value\"`, `key(…)` or a flag, with commas between them"),
                );
                Vec::new()
            }
        }
    }

    /// Sets a value that may be given once.
    pub(crate) fn set<T>(&mut self, slot: &mut Option<T>, value: Option<T>, arg: &Arg) {
        let Some(value) = value else { return };
        if slot.is_some() {
            self.problem(
                Problem::new("models::repeated_key", format!("`{}` is given twice", arg.key()), arg.place())
                    .label("given before"),
            );
        } else {
            *slot = Some(value);
        }
    }

    /// A string: `key = "…"` or `key("…")`.
    pub(crate) fn string(&mut self, arg: &Arg) -> Option<Text> {
        match single(arg) {
            Some(Value::Str(text)) => Some(text.clone()),
            _ => self.expected(arg, "a string", "\"…\""),
        }
    }

    /// A name: a string, or a bare identifier.
    pub(crate) fn name(&mut self, arg: &Arg) -> Option<Text> {
        match single(arg) {
            Some(Value::Str(text)) if text.is_empty() => {
                self.problem(
                    Problem::new("models::wrong_value", format!("`{}` is empty", arg.key()), text.place)
                        .help("PostgreSQL has no empty names; leave the key out for the default"),
                );
                None
            }
            Some(Value::Str(text)) => Some(text.clone()),
            _ => self.expected(arg, "a name", "\"…\""),
        }
    }

    /// SQL: a string, or a literal that reads the same in SQL.
    pub(crate) fn sql(&mut self, arg: &Arg) -> Option<Text> {
        match single(arg) {
            Some(Value::Str(text)) if text.trim().is_empty() => {
                self.problem(
                    Problem::new("models::wrong_value", format!("`{}` is empty", arg.key()), text.place)
                        .label("no SQL here")
                        .help("for the empty string write `\"''\"`; leave the key out for none"),
                );
                None
            }
            Some(Value::Str(text) | Value::Number(text)) => Some(text.clone()),
            Some(Value::Bool(value)) => Some(Placed::new(value.value.to_string(), value.place)),
            _ => self.expected(arg, "SQL in a string", "\"…\""),
        }
    }

    /// A flag: `key`, `key = true` or `key = false`.
    pub(crate) fn flag(&mut self, arg: &Arg) -> Option<Placed<bool>> {
        match &arg.form {
            Form::Bare => Some(Placed::new(true, arg.place())),
            Form::Equals(Value::Bool(value)) => Some(value.clone()),
            _ => {
                let place = arg.place();
                self.problem(
                    Problem::new("models::wrong_value", format!("`{}` is a flag", arg.key()), place)
                        .help(format!("write `{0}`, or `{0} = false`", arg.key())),
                );
                None
            }
        }
    }

    /// A flag as a plain bool.
    pub(crate) fn is_set(&mut self, arg: &Arg) -> bool {
        self.flag(arg).is_some_and(|flag| flag.value)
    }

    /// A flag that has no off position: where it stands.
    pub(crate) fn mark(&mut self, arg: &Arg) -> Option<Place> {
        self.flag(arg).filter(|flag| flag.value).map(|flag| flag.place)
    }

    /// A whole number.
    pub(crate) fn number<T: std::str::FromStr>(&mut self, arg: &Arg) -> Option<Placed<T>> {
        if let Some(Value::Number(text) | Value::Str(text)) = single(arg)
            && let Ok(value) = text.parse()
        {
            return Some(Placed::new(value, text.place));
        }
        self.expected(arg, "a whole number", "1")
    }

    /// One word of a list of words, compared without case; in capitals.
    pub(crate) fn word(&mut self, arg: &Arg, words: &[&'static str]) -> Option<Text> {
        let text = self.string(arg)?;
        let given = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('_', " ");
        match words.iter().find(|word| word.eq_ignore_ascii_case(&given)) {
            Some(word) => Some(Placed::new((*word).to_owned(), text.place)),
            None => {
                let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
                self.choice(arg.key(), &text, &lower);
                None
            }
        }
    }

    /// Says that a value is none of those that a key takes.
    pub(crate) fn choice(&mut self, key: &str, given: &Text, choices: &[impl AsRef<str>]) {
        let near = suggestion(&given.value, choices.iter().map(AsRef::as_ref));
        let all: Vec<String> = choices.iter().map(|choice| format!("`{}`", choice.as_ref())).collect();
        let help = match near {
            Some(near) => format!("did you mean `{near}`? It takes {}", all.join(", ")),
            None => format!("it takes {}", all.join(", ")),
        };
        self.problem(
            Problem::new(
                "models::wrong_value",
                format!("`{}` is no value of `{key}`", given.value),
                given.place,
            )
            .help(help),
        );
    }

    /// Strings or bare words of a list: `to = "a"`, `to("a", b)`, `to = ["a", "b"]`.
    pub(crate) fn words(&mut self, arg: &Arg) -> Vec<Text> {
        match &arg.form {
            Form::Equals(value) => self.word_of(arg, value).into_iter().collect(),
            Form::List(args) => args.iter().filter_map(|inner| self.bare_word(inner)).collect(),
            Form::Bare | Form::Literal(_) => {
                let _: Option<()> = self.expected(arg, "names", "\"…\"");
                Vec::new()
            }
        }
    }

    /// A plain argument as a word.
    pub(crate) fn bare_word(&mut self, arg: &Arg) -> Option<Text> {
        match &arg.form {
            Form::Literal(value) => self.word_of(arg, value),
            Form::Bare if !arg.key().is_empty() => Some(Placed::new(arg.key().to_owned(), arg.place())),
            _ => self.expected(arg, "a name", "\"…\""),
        }
    }

    fn word_of(&mut self, arg: &Arg, value: &Value) -> Option<Text> {
        match value {
            Value::Str(text) => Some(text.clone()),
            Value::Path(path) if path.ident().is_some() => {
                Some(Placed::new(path.last().to_owned(), path.place))
            }
            _ => self.expected(arg, "a name", "\"…\""),
        }
    }

    /// Says that an argument has the wrong form.
    pub(crate) fn expected<T>(&mut self, arg: &Arg, what: &str, example: &str) -> Option<T> {
        let place = single(arg).map_or(arg.place(), Value::place);
        let key = arg.key();
        let (message, help) = if key.is_empty() {
            (format!("{what} should stand here"), None)
        } else {
            (format!("`{key}` takes {what}"), Some(format!("write `{key} = {example}`")))
        };
        self.problem(Problem::new("models::wrong_value", message, place).maybe_help(help));
        None
    }

    /// Says that a key is unknown, and which was meant.
    pub(crate) fn unknown(&mut self, arg: &Arg, of: &str, keys: &[&'static str]) {
        let (given, place) = match &arg.form {
            Form::Literal(value) => {
                let problem =
                    Problem::new("models::unknown_key", format!("`{of}` takes no bare value"), value.place())
                        .help(format!("its keys are {}", listed(keys)));
                return self.problem(problem);
            }
            _ => (arg.key.to_string(), arg.place()),
        };
        let help = match suggestion(&given, keys.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its keys are {}", listed(keys)),
        };
        self.problem(
            Problem::new("models::unknown_key", format!("`{of}` has no key `{given}`"), place).help(help),
        );
    }
}

fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// The one value of `key = value` or `key(value)`.
pub(crate) fn single(arg: &Arg) -> Option<&Value> {
    match &arg.form {
        Form::Equals(value) | Form::Literal(value) => Some(value),
        Form::List(args) => match args.as_slice() {
            [Arg { form: Form::Literal(value), .. }] => Some(value),
            _ => None,
        },
        Form::Bare => None,
    }
}

fn list(input: ParseStream, places: &mut Places) -> syn::Result<Vec<Arg>> {
    let mut args = Vec::new();
    while !input.is_empty() {
        args.push(arg(input, places)?);
        if input.is_empty() {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    Ok(args)
}

fn arg(input: ParseStream, places: &mut Places) -> syn::Result<Arg> {
    if is_literal(input) {
        let value = value(input, places)?;
        let place = value.place();
        let key = TypePath { absolute: false, segments: Vec::new(), place };
        return Ok(Arg { key, form: Form::Literal(value) });
    }
    let key = path(input, places)?;
    let form = if input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        Form::List(list(&content, places)?)
    } else if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.peek(syn::token::Bracket) {
            let content;
            syn::bracketed!(content in input);
            Form::List(list(&content, places)?)
        } else {
            Form::Equals(value(input, places)?)
        }
    } else {
        Form::Bare
    };
    Ok(Arg { key, form })
}

fn is_literal(input: ParseStream) -> bool {
    input.peek(Lit) || input.peek(Token![-])
}

fn value(input: ParseStream, places: &mut Places) -> syn::Result<Value> {
    if input.peek(Token![-]) {
        let minus = input.parse::<Token![-]>()?;
        let lit = input.parse::<Lit>()?;
        let digits = digits(&lit).ok_or_else(|| syn::Error::new(lit.span(), "expected a number"))?;
        let span = minus.span().join(lit.span()).unwrap_or_else(|| lit.span());
        return Ok(Value::Number(Placed::new(format!("-{digits}"), places.add(span))));
    }
    if !input.peek(Lit) {
        if input.peek(syn::Ident::peek_any) || input.peek(Token![::]) {
            return Ok(Value::Path(path(input, places)?));
        }
        return Err(input.error("expected a string, a number, `true`, `false` or a type"));
    }
    let lit = input.parse::<Lit>()?;
    let place = places.add(lit.span());
    Ok(match &lit {
        Lit::Str(text) => Value::Str(Placed::new(text.value(), place)),
        Lit::Bool(value) => Value::Bool(Placed::new(value.value, place)),
        other => match digits(other) {
            Some(digits) => Value::Number(Placed::new(digits, place)),
            None => {
                return Err(syn::Error::new(lit.span(), "expected a string, a number, `true` or `false`"));
            }
        },
    })
}

fn digits(lit: &Lit) -> Option<String> {
    match lit {
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        Lit::Float(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

/// A path whose segments may be keywords: keys like `type` and `where`, fields like `r#type`.
fn path(input: ParseStream, places: &mut Places) -> syn::Result<TypePath> {
    let absolute = input.parse::<Option<Token![::]>>()?.is_some();
    let first = syn::Ident::parse_any(input)?;
    let mut span = first.span();
    let mut segments = vec![plain(&first)];
    while input.peek(Token![::]) {
        input.parse::<Token![::]>()?;
        let segment = syn::Ident::parse_any(input)?;
        span = span.join(segment.span()).unwrap_or(span);
        segments.push(plain(&segment));
    }
    Ok(TypePath { absolute, segments, place: places.add(span) })
}
