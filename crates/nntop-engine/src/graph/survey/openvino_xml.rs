//! The layers and edges of OpenVINO's `.xml`, as a list.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// One side of a layer: a port with its tensor.
#[derive(Debug, Clone, Default)]
pub(super) struct Port {
    pub(super) id: String,
    /// OpenVINO's name of the element type, in capitals; inputs have none in newer files.
    pub(super) precision: String,
    /// -1 for a free axis.
    pub(super) dims: Vec<i64>,
}

/// A layer.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) op_type: String,
    /// The attributes of its `<data>`.
    pub(super) data: BTreeMap<String, String>,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
    /// Whether it lies in the body of another one.
    pub(super) is_inside: bool,
}

/// A net.
#[derive(Debug, Default)]
pub(super) struct Net {
    pub(super) layers: Vec<Layer>,
    /// From a layer's port to a layer's port, of the main graph.
    pub(super) edges: Vec<[String; 4]>,
    /// What the converter wrote down.
    pub(super) info: BTreeMap<String, String>,
}

/// Where the reader is.
#[derive(Default)]
struct Place {
    open: Vec<Layer>,
    bodies: usize,
    side: Side,
    info: Vec<String>,
    in_dim: bool,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Side {
    #[default]
    None,
    In,
    Out,
}

/// Reads a net that was found to be sound XML.
pub(super) fn read(bytes: &[u8]) -> Net {
    let mut reader = Reader::from_reader(bytes);
    let (mut net, mut place, mut buffer) = (Net::default(), Place::default(), Vec::new());
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => begin(&tag, &mut net, &mut place),
            Ok(Event::Empty(tag)) => {
                begin(&tag, &mut net, &mut place);
                end(tag.local_name().as_ref(), &mut net, &mut place);
            }
            Ok(Event::End(tag)) => end(tag.local_name().as_ref(), &mut net, &mut place),
            Ok(Event::Text(text)) if place.in_dim => {
                let number: Option<i64> = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
                if let Some(port) = place.port() {
                    port.dims.extend(number);
                }
            }
            Ok(Event::Eof) | Err(_) => return net,
            Ok(_) => {}
        }
        buffer.clear();
    }
}

impl Place {
    fn port(&mut self) -> Option<&mut Port> {
        let layer = self.open.last_mut()?;
        match self.side {
            Side::In => layer.inputs.last_mut(),
            Side::Out => layer.outputs.last_mut(),
            Side::None => None,
        }
    }
}

fn begin(tag: &BytesStart<'_>, net: &mut Net, place: &mut Place) {
    let text = |name: &str| {
        let found = tag.try_get_attribute(name).ok().flatten();
        found.map(|a| String::from_utf8_lossy(&a.value).into_owned()).unwrap_or_default()
    };
    match tag.local_name().as_ref() {
        b"layer" => place.open.push(Layer {
            id: text("id"),
            name: text("name"),
            op_type: text("type"),
            is_inside: place.bodies > 0,
            ..Layer::default()
        }),
        b"body" | b"then_body" | b"else_body" => place.bodies += 1,
        b"data" => {
            if let Some(layer) = place.open.last_mut() {
                let pairs = tag.attributes().flatten().map(|a| {
                    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    (lossy(a.key.local_name().as_ref()), lossy(&a.value))
                });
                layer.data.extend(pairs);
            }
        }
        b"input" if !place.open.is_empty() => place.side = Side::In,
        b"output" if !place.open.is_empty() => place.side = Side::Out,
        b"port" => {
            let port = Port { id: text("id"), precision: text("precision"), dims: Vec::new() };
            let side = place.side;
            if let Some(layer) = place.open.last_mut() {
                match side {
                    Side::In => layer.inputs.push(port),
                    Side::Out => layer.outputs.push(port),
                    Side::None => {}
                }
            }
        }
        b"dim" => place.in_dim = true,
        b"edge" if place.bodies == 0 => {
            net.edges.push([text("from-layer"), text("from-port"), text("to-layer"), text("to-port")]);
        }
        b"rt_info" if place.open.is_empty() && place.info.is_empty() => place.info.push(String::new()),
        other if !place.info.is_empty() && place.open.is_empty() => {
            place.info.push(String::from_utf8_lossy(other).into_owned());
            let value = text("value");
            if !value.is_empty() {
                net.info.insert(place.info[1..].join("."), value);
            }
        }
        _ => {}
    }
}

fn end(tag: &[u8], net: &mut Net, place: &mut Place) {
    match tag {
        b"layer" => net.layers.extend(place.open.pop()),
        b"body" | b"then_body" | b"else_body" => place.bodies = place.bodies.saturating_sub(1),
        b"input" | b"output" => place.side = Side::None,
        b"dim" => place.in_dim = false,
        _ if !place.info.is_empty() && place.open.is_empty() => {
            place.info.pop();
        }
        _ => {}
    }
}
