//! One trace event out of JSON of any spacing and order of keys. What is not asked for is stepped over, unread.

use memchr::memchr3;

/// Nesting beyond this is nobody's profile.
const DEEPEST: u32 = 64;

/// Why there is no event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The window ends within it.
    Short,
    /// It is not JSON: at this byte of the window should be what the text says.
    Bad(usize, &'static str),
}

/// What a trace event says that matters here; values as they stand in the file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Event<'a> {
    pub(super) category: &'a [u8],
    pub(super) phase: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) thread: &'a [u8],
    pub(super) begin: &'a [u8],
    pub(super) duration: &'a [u8],
    pub(super) args: Args<'a>,
}

/// Arguments of a node's event; values as they stand in the file, empty where there are none.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Args<'a> {
    pub(super) op_type: &'a [u8],
    pub(super) provider: &'a [u8],
    pub(super) node_index: &'a [u8],
    pub(super) inputs: &'a [u8],
    pub(super) outputs: &'a [u8],
    pub(super) memory: &'a [u8],
    pub(super) threads: &'a [u8],
    pub(super) dropped: &'a [u8],
    pub(super) limit: &'a [u8],
}

/// The event at the beginning of `bytes`, which is a brace, and its length.
pub(super) fn event(bytes: &[u8]) -> Result<(Event<'_>, usize), Stop> {
    let mut event = Event::default();
    let mut scan = Scan { bytes, at: 0 };
    scan.object(|key, scan| {
        let slot = match key {
            b"args" if scan.peek()? == b'{' => return args(scan, &mut event.args),
            b"cat" => &mut event.category,
            b"ph" => &mut event.phase,
            b"name" => &mut event.name,
            b"tid" => &mut event.thread,
            b"ts" => &mut event.begin,
            b"dur" => &mut event.duration,
            _ => return scan.value().map(drop),
        };
        *slot = scan.value()?;
        Ok(())
    })?;
    Ok((event, scan.at))
}

fn args<'a>(scan: &mut Scan<'a>, args: &mut Args<'a>) -> Result<(), Stop> {
    scan.object(|key, scan| {
        let slot = match key {
            b"op_name" => &mut args.op_type,
            b"provider" => &mut args.provider,
            b"node_index" => &mut args.node_index,
            b"input_type_shape" => &mut args.inputs,
            b"output_type_shape" => &mut args.outputs,
            b"mem_bytes_in_use" => &mut args.memory,
            b"thread_scheduling_stats" => &mut args.threads,
            b"dropped_event_count" => &mut args.dropped,
            b"max_num_events" => &mut args.limit,
            _ => return scan.value().map(drop),
        };
        *slot = scan.value()?;
        Ok(())
    })
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                None => return Err(Stop::Short),
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(byte) => return Ok(*byte),
            }
        }
    }

    fn expect(&mut self, byte: u8, named: &'static str) -> Result<(), Stop> {
        match self.peek()? {
            b if b == byte => {
                self.at += 1;
                Ok(())
            }
            _ => Err(Stop::Bad(self.at, named)),
        }
    }

    fn object(&mut self, mut member: impl FnMut(&'a [u8], &mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        self.expect(b'{', "an object")?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek()?;
            let key = self.string("a key in quotes")?;
            self.expect(b':', "a colon")?;
            self.peek()?;
            member(&key[1..key.len() - 1], self)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Stop::Bad(self.at, "a comma or a closing brace")),
            }
        }
    }

    /// A string, its quotes included.
    fn string(&mut self, named: &'static str) -> Result<&'a [u8], Stop> {
        let begin = self.at;
        if self.bytes.get(begin) != Some(&b'"') {
            return Err(if begin < self.bytes.len() { Stop::Bad(begin, named) } else { Stop::Short });
        }
        let mut at = begin + 1;
        loop {
            let Some(found) = memchr3(b'"', b'\\', b'\n', &self.bytes[at..]) else { return Err(Stop::Short) };
            at += found;
            match self.bytes[at] {
                b'"' => break,
                b'\\' => at = self.bytes.len().min(at + 2),
                _ => return Err(Stop::Bad(at, "the end of a string")),
            }
        }
        self.at = at + 1;
        Ok(&self.bytes[begin..=at])
    }

    /// Any value, stepped over, whole.
    fn value(&mut self) -> Result<&'a [u8], Stop> {
        let first = self.peek()?;
        let begin = self.at;
        match first {
            b'"' => return self.string("a string"),
            b'{' | b'[' => self.nested()?,
            _ => self.word()?,
        }
        Ok(&self.bytes[begin..self.at])
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<(), Stop> {
        let begin = self.at;
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        while self.bytes.get(self.at).is_some_and(is_word) {
            self.at += 1;
        }
        match &self.bytes[begin..self.at] {
            _ if self.at == self.bytes.len() => Err(Stop::Short),
            b"true" | b"false" | b"null" => Ok(()),
            [b'-' | b'0'..=b'9', ..] => Ok(()),
            _ => Err(Stop::Bad(begin, "a value")),
        }
    }

    /// A list or an object, without recursion: only brackets have to match.
    fn nested(&mut self) -> Result<(), Stop> {
        let mut braces = 0u64;
        let mut depth = 0u32;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string("a string")?;
                    continue;
                }
                open @ (b'{' | b'[') => {
                    if depth == DEEPEST {
                        return Err(Stop::Bad(self.at, "less nesting"));
                    }
                    braces = braces << 1 | u64::from(open == b'{');
                    depth += 1;
                }
                close @ (b'}' | b']') => {
                    if (close == b'}') != (braces & 1 == 1) {
                        return Err(Stop::Bad(self.at, "the bracket that closes the open one"));
                    }
                    braces >>= 1;
                    depth -= 1;
                }
                b',' | b':' => {}
                _ => {
                    self.word()?;
                    continue;
                }
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }
}
