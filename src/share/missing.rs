//! What of a view is not there.
//!
//! What is not for who looks is as what does not exist, and of neither the name is said: it stands in
//! the state, and may be the name of something hidden.

use crate::{
    model::{
        FeatureRef, NOT_STATED, Revision, Status, Text, View,
        view::{ViewArea, ViewFilter},
    },
    store::Snapshot,
    tiles::base_map::BASE_MAP,
};

/// What stands in a filter for values of which none is there: nothing is called so, so nothing passes.
/// Without it everything would, and more be shown than was.
const NOTHING: &str = "-";

/// That there is no such revision, or it can't be shown any more.
pub(super) fn revision(revision: Revision) -> Text {
    Text::new(
        format!("没有版本 {revision} 的数据可供显示"),
        format!("there are no data of revision {revision} to show"),
    )
}

/// Takes out of a view what these data do not have, or the operator's base map where there is none,
/// and says what.
pub fn take_out(view: &mut View, snapshot: &Snapshot, has_base_map: bool) -> Vec<Text> {
    let mut missing = Missing(Vec::new());
    let is_collection = |id: &String| snapshot.collection(id).is_some();
    if let Some(layers) = &mut view.layers {
        let is_layer = |id: &String| is_layer(id, snapshot, has_base_map);
        missing.retain(layers, is_layer, ("图层", "layers"));
    }
    let default = View::default().collections;
    if view.collections == default {
        // Nobody has asked for these by name.
        view.collections.retain(is_collection);
    } else {
        missing.retain(
            &mut view.collections,
            is_collection,
            ("集合", "collections"),
        );
    }
    if view.collections.is_empty() {
        view.collections = default;
    }
    missing.filter(&mut view.filter, snapshot);
    let is_there = |name: &FeatureRef| snapshot.feature(name).is_some();
    missing.keep(
        &mut view.select,
        is_there,
        ("所选的要素", "the selected feature"),
    );
    missing.keep(
        &mut view.area,
        |area| match area {
            ViewArea::Feature(name) => is_there(name),
            _ => true,
        },
        ("作为范围的要素", "the feature that is the area"),
    );
    missing.keep(
        &mut view.reading,
        |reading| snapshot.library.get(&reading.document).is_some(),
        ("打开的文件", "the document that was open"),
    );
    missing.0
}

/// Whether a group of layers is there.
pub(super) fn is_layer(id: &str, snapshot: &Snapshot, has_base_map: bool) -> bool {
    snapshot.collection(id).is_some() || (has_base_map && id == BASE_MAP)
}

struct Missing(Vec<Text>);

impl Missing {
    /// Keeps what of a list is there.
    fn retain(
        &mut self,
        list: &mut Vec<String>,
        is_there: impl Fn(&String) -> bool,
        (zh, en): (&str, &str),
    ) {
        let before = list.len();
        list.retain(is_there);
        let gone = before - list.len();
        if gone > 0 {
            self.0.push(Text::new(
                format!("{gone} 个{zh}不存在，或不对您开放"),
                format!("of the {en}, {gone} do not exist, or are not for you to see"),
            ));
        }
    }

    /// Keeps what of the values of a filter is there.
    fn values(
        &mut self,
        values: &mut Vec<String>,
        is_there: impl Fn(&String) -> bool,
        (zh, en): (&str, &str),
    ) {
        let filters = !values.is_empty();
        self.retain(values, is_there, (zh, en));
        if filters && values.is_empty() {
            values.push(NOTHING.to_owned());
            self.0.push(Text::new(
                format!("{zh}一个也没有了，所以没有要素通过筛选"),
                format!("none of the {en} is left, so nothing passes it"),
            ));
        }
    }

    /// Keeps something if it is there.
    fn keep<T>(
        &mut self,
        one: &mut Option<T>,
        is_there: impl Fn(&T) -> bool,
        (zh, en): (&str, &str),
    ) {
        if one.as_ref().is_some_and(|one| !is_there(one)) {
            *one = None;
            self.0.push(Text::new(
                format!("{zh}不存在，或不对您开放"),
                format!("{en} does not exist, or is not for you to see"),
            ));
        }
    }

    fn filter(&mut self, filter: &mut ViewFilter, snapshot: &Snapshot) {
        let kinds = snapshot
            .collections()
            .iter()
            .flat_map(|collection| &collection.info.kinds);
        self.values(
            &mut filter.kind,
            |id| kinds.clone().any(|kind| kind.id == *id),
            ("筛选的类别", "kinds in the filter"),
        );
        self.values(
            &mut filter.status,
            |word| word == NOT_STATED || Status::ALL.iter().any(|one| one.as_str() == word),
            ("筛选的状态", "statuses in the filter"),
        );
        self.values(
            &mut filter.document,
            |id| snapshot.library.get(id).is_some(),
            ("筛选的文件", "documents in the filter"),
        );
        self.values(
            &mut filter.zone,
            |id| snapshot.feature(&FeatureRef::new("zones", id)).is_some(),
            ("筛选的片区", "zones in the filter"),
        );
    }
}
