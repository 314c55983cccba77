//! Lists that a `for` loop goes over.

/// Implements [`IntoIterator`] for a list with a lifetime and for references to it, by its `iter`. What a method of another
/// name returns stands after `by`.
macro_rules! iterated {
    ($list:ident => $iter:ident of $item:ty) => {
        iterated! { $list by iter => $iter of $item }
    };
    ($list:ident by $method:ident => $iter:ident of $item:ty) => {
        impl<'a> IntoIterator for $list<'a> {
            type Item = $item;
            type IntoIter = $iter<'a>;

            fn into_iter(self) -> $iter<'a> {
                self.$method()
            }
        }

        impl<'a> IntoIterator for &$list<'a> {
            type Item = $item;
            type IntoIter = $iter<'a>;

            fn into_iter(self) -> $iter<'a> {
                self.$method()
            }
        }
    };
}
