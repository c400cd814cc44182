//! Protocol Buffers as they stand on the wire, read in place: nothing is copied, so nothing in a
//! hostile file can make a message larger in memory than it is in the file.

/// What is read is not what it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// The value of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer of any type.
    Varint(u64),
    /// A string, a message, or a packed list of integers.
    Bytes(&'a [u8]),
    /// A number of fixed length: OpenStreetMap's files have none that is needed.
    Fixed,
}

impl<'a> Value<'a> {
    /// An unsigned integer, or a signed one that is written as such.
    pub fn integer(self) -> Result<i64, Damaged> {
        match self {
            Self::Varint(bits) => Ok(bits.cast_signed()),
            _ => Err(Damaged),
        }
    }

    /// A signed integer that is written zigzag (`sint64`).
    pub fn signed(self) -> Result<i64, Damaged> {
        match self {
            Self::Varint(bits) => Ok(zigzag(bits)),
            _ => Err(Damaged),
        }
    }

    /// What has a length of its own.
    pub fn bytes(self) -> Result<&'a [u8], Damaged> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Damaged),
        }
    }
}

/// The fields of a message, in the order in which they are written.
#[derive(Debug, Clone)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields of `message`.
    pub fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(length).map_err(|_| Damaged)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u64, Value<'a>), Damaged> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.0)?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = varint(&mut self.0)?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(Damaged),
        };
        Ok((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    /// The field's number and its value.
    type Item = Result<(u64, Value<'a>), Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// The integers of a packed list.
#[derive(Debug, Clone, Default)]
pub struct Packed<'a>(&'a [u8]);

impl<'a> Packed<'a> {
    /// Takes a list in. A list in two parts, which no writer of OpenStreetMap data makes, counts as
    /// damage, for half of it must not pass for the whole.
    pub fn fill(&mut self, value: Value<'a>) -> Result<(), Damaged> {
        if !self.0.is_empty() {
            return Err(Damaged);
        }
        self.0 = value.bytes()?;
        Ok(())
    }

    /// Sums of the differences that are written zigzag: ids and coordinates.
    pub fn running(self) -> impl Iterator<Item = Result<i64, Damaged>> {
        let mut sum = 0_i64;
        self.map(move |bits| {
            sum = sum.checked_add(zigzag(bits?)).ok_or(Damaged)?;
            Ok(sum)
        })
    }
}

impl Iterator for Packed<'_> {
    type Item = Result<u64, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let number = varint(&mut self.0);
        if number.is_err() {
            self.0 = &[];
        }
        Some(number)
    }
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Damaged)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Damaged)
}

fn zigzag(bits: u64) -> i64 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_order_and_unknown_ones_are_stepped_over() {
        // 1: varint 300; 2: "ab"; 3: 4 fixed bytes; 4: 8 fixed bytes.
        let message = b"\x08\xac\x02\x12\x02ab\x1d....\x21........";
        let fields: Vec<_> = Fields::of(message).map(Result::unwrap).collect();
        assert_eq!(
            fields,
            [
                (1, Value::Varint(300)),
                (2, Value::Bytes(b"ab")),
                (3, Value::Fixed),
                (4, Value::Fixed)
            ]
        );
    }

    #[test]
    fn running_sums_are_zigzag_differences() {
        let mut list = Packed::default();
        list.fill(Value::Bytes(&[0x02, 0x03, 0x80, 0x01])).unwrap();
        let sums: Vec<i64> = list.running().map(Result::unwrap).collect();
        assert_eq!(sums, [1, -1, 63]);
    }

    #[test]
    fn damage_is_told_once_and_ends_the_reading() {
        for message in [
            &b"\x08"[..],
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x12\x05ab",
            b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01ab",
            b"\x0b",
            b"\x1d...",
        ] {
            let fields: Vec<_> = Fields::of(message).collect();
            assert_eq!(fields, [Err(Damaged)], "{message:?}");
        }
        let mut list = Packed::default();
        list.fill(Value::Bytes(&[0x01, 0xff])).unwrap();
        assert_eq!(list.collect::<Vec<_>>(), [Ok(1), Err(Damaged)]);
        let most = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        let twice = [most, most].concat();
        let mut list = Packed::default();
        list.fill(Value::Bytes(&twice)).unwrap();
        assert_eq!(
            list.running().collect::<Vec<_>>(),
            [Ok(i64::MAX), Err(Damaged)]
        );
    }
}
