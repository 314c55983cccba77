//! `Debug` of structs with many fields.

/// Implements [`Debug`](core::fmt::Debug) as `derive` does, which has a panic path for more than five fields.
macro_rules! shown {
    ($name:ident { $($field:ident)+ }) => { shown! { $name of $name { $($field)+ } } };
    ($name:ident<'_> { $($field:ident)+ }) => { shown! { $name of $name<'_> { $($field)+ } } };
    ($name:ident of $type:ty { $($field:ident)+ }) => {
        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                // No field is left out.
                let $name { $($field),+ } = self;
                f.debug_struct(stringify!($name))$(.field(stringify!($field), $field))+.finish()
            }
        }
    };
}
