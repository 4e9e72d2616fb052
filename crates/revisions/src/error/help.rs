//! What to do next, error by error.

use super::{Error, commas};

impl Error {
    /// What to do next, where there is something to say that the message does not.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::InvalidId { .. } => Some("leave `--rev-id` away to get twelve hex digits".into()),
            Self::NoHeader { .. } => Some(
                "begin it with `-- limbeck revision ID`, or move it out of the folder if it is no revision"
                    .into(),
            ),
            Self::BadHeader { .. } => None,
            Self::RepeatedHeader { key, .. } => Some(format!("join the lines: `-- {key}: a, b`")),
            Self::MissingHeader { key, .. } => {
                Some(format!("write `-- {key}: ID`, or `-- {key}: base` for the first revision"))
            }
            Self::UnknownMarker { nearest, .. } => {
                nearest.map(|nearest| format!("did you mean `-- limbeck:{nearest}`?"))
            }
            Self::BadMarker { .. } => None,
            Self::MissingUpgrade { .. } => {
                Some("write the line; nothing needs to follow it in an empty revision".into())
            }
            Self::StrayStatement { .. } => Some("move it below the line `-- limbeck:upgrade`".into()),
            Self::Unterminated { .. } => Some("everything to the end of the file is taken as part of it".into()),
            Self::MetaCommand { .. } => {
                Some("write SQL; for rows, INSERT instead of COPY … FROM stdin".into())
            }
            Self::TransactionCommand { .. } => Some(
                "leave it out: a revision is one transaction; `-- limbeck:no-transaction` opens a part that is not"
                    .into(),
            ),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".into()),
            Self::Todo { .. } => Some("do what it says, then delete the `-- limbeck:todo` line".into()),
            Self::Irreversible { .. } => {
                Some("write the section, or restore a backup if what it did can't be undone".into())
            }
            Self::Unwritable { .. } => None,
            Self::MissingParent { parent, suggested_by, .. } => Some(match suggested_by.as_slice() {
                [] => format!("find the file of {parent} in the history of your repository, or mend the line `parents:`"),
                files => format!(
                    "the name of `{}` says {parent}: mend the id in its header, or the line `parents:`",
                    files.join("`, `")
                ),
            }),
            Self::MissingDependency { .. } => Some("mend the line `depends:`".into()),
            Self::DuplicateId { .. } => Some("give one of them another id, in the header and in the name".into()),
            Self::DuplicateLabel { .. } | Self::LabelIsId { .. } => Some("choose another label".into()),
            Self::Cycle { files, .. } => {
                Some(format!("mend the line `parents:` or `depends:` of one of `{}`", files.join("`, `")))
            }
            Self::NameDisagrees { .. } => Some("the header is the truth: rename the file, or mend the header".into()),
            Self::Broken { .. } => Some("`limbeck history` lists what is there and marks what is broken".into()),
            Self::BadTarget { reason, .. } => Some((*reason).into()),
            Self::UnknownRevision { nearest, .. } => Some(match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "`limbeck history` lists the revisions".into(),
            }),
            Self::AmbiguousPrefix { .. } => Some("write one digit more".into()),
            Self::SeveralHeads { label, .. } => Some(match label {
                Some(label) => format!("name one of them; `{label}@head` leads to more than one"),
                None => "name one, take `heads` for all, or join them with `limbeck merge heads`".into(),
            }),
            Self::PastTheEnd { .. } => Some("`limbeck history` shows how far it goes".into()),
            Self::AmbiguousWalk { .. } => Some("name the revision, or put a label before it: `label@+1`".into()),
            Self::AmbiguousCurrent { current, .. } => Some(format!(
                "name the revision, or count from one of them: `{}-1`",
                current.first().map_or("ID", |id| id.as_str())
            )),
            Self::OlderTarget { target, .. } => Some(format!("`limbeck downgrade {target}` goes back to it")),
            Self::NewerTarget { target, .. } => {
                Some(format!("`limbeck upgrade {target}` goes there, if that is what you want"))
            }
            Self::WrongWay { direction, .. } => Some(format!("use `limbeck {direction}`")),
            Self::UnknownCurrent { ids } => Some(format!(
                "get the file of {} from where it was written, or say what is true with `limbeck stamp --purge REV`",
                commas(ids)
            )),
            Self::EmptyRange { .. } => Some("write the older revision first".into()),
            Self::NothingToMerge { .. } => Some("`limbeck heads` lists what can be merged".into()),
            Self::NotAHead { .. } => Some("`--splice` opens a new branch there".into()),
            Self::MissingFolder { .. } => Some("`limbeck init` makes it; or mend `revisions` in limbeck.toml".into()),
            Self::Unreadable { .. } | Self::CantWrite { .. } => None,
            Self::Exists { .. } => Some("nothing was written".into()),
        }
    }
}
