//! The difference between two schemas; knows no kind of object and no SQL.
//!
//! Renames are applied to `from` first; what is left is an ordinary difference of two sorted maps.

use std::cmp::Ordering;

use limbeck_schema::{Id, Object, Schema};

/// One object that differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<O> {
    /// It is only in `to`.
    Create(O),
    /// It is on both sides and not the same.
    Alter {
        /// The object as it is.
        from: O,
        /// The object as it should be.
        to: O,
    },
    /// It is only in `from`.
    Drop(O),
}

impl<O: Object> Change<O> {
    /// The id of the object that changes.
    pub fn id(&self) -> Id {
        match self {
            Self::Create(object) | Self::Drop(object) | Self::Alter { to: object, .. } => object.id(),
        }
    }
}

/// The changes that turn `from` into `to`, in order of ids.
pub fn diff<O: Object>(from: &Schema<O>, to: &Schema<O>) -> Vec<Change<O>> {
    let mut changes = Vec::new();
    let (mut left, mut right) = (from.iter().peekable(), to.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((from, _)), Some((to, _))) => from.cmp(to),
        };
        match order {
            Ordering::Less => changes.extend(left.next().map(|(_, object)| Change::Drop(object.clone()))),
            Ordering::Greater => {
                changes.extend(right.next().map(|(_, object)| Change::Create(object.clone())))
            }
            Ordering::Equal => {
                // Copies of a schema share their objects.
                if let (Some((_, from)), Some((_, to))) = (left.next(), right.next())
                    && !std::ptr::eq(from, to)
                    && from != to
                {
                    changes.push(Change::Alter { from: from.clone(), to: to.clone() });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use limbeck_schema::{Id, Kind, Object, Rename, Schema};

    use super::{Change, diff};

    const TOY: Kind = Kind::new(&(1, "toy"));

    #[derive(Clone, Debug, PartialEq)]
    struct Toy(&'static str, u8);

    impl Object for Toy {
        fn id(&self) -> Id {
            Id::global(TOY, self.0)
        }

        fn rename(&mut self, _: &Rename) {}
    }

    #[test]
    fn each_object_that_differs_is_named_once() {
        let from: Schema<Toy> = [Toy("a", 1), Toy("b", 1), Toy("d", 1)].into_iter().collect();
        let to: Schema<Toy> = [Toy("b", 2), Toy("c", 1), Toy("d", 1)].into_iter().collect();
        assert_eq!(
            diff(&from, &to),
            [
                Change::Drop(Toy("a", 1)),
                Change::Alter { from: Toy("b", 1), to: Toy("b", 2) },
                Change::Create(Toy("c", 1)),
            ]
        );
    }

    #[test]
    fn equal_schemas_have_no_difference() {
        let schema: Schema<Toy> = [Toy("a", 1)].into_iter().collect();
        assert_eq!(diff(&schema, &schema), []);
    }
}
