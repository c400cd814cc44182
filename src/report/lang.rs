//! The words of the controlled lists for people, in the language of a file.

use crate::{
    area::{Certainty, Reason, Relation},
    exchange::table::Column,
    model::{Feature, LocatedBy, Modality, Status},
};

/// The language of a file's heads and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The languages by the words that name them.
    pub const ALL: [(&'static str, Self); 2] = [("zh", Self::Zh), ("en", Self::En)];

    /// The one of two wordings that is in this language.
    #[must_use]
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The name of a feature in this language, or in Chinese where it has no other.
    #[must_use]
    pub fn name(self, feature: &Feature) -> &str {
        match self {
            Self::En if !feature.name_en.is_empty() => &feature.name_en,
            _ => &feature.name,
        }
    }

    /// A column whose head is in this language, so many letters of half width wide.
    pub(super) fn column(self, zh: &'static str, en: &'static str, width: u8) -> Column {
        Column {
            head: self.pick(zh, en),
            width,
        }
    }

    pub(crate) fn status(self, status: Option<Status>) -> &'static str {
        match status {
            None => self.pick("未写明", "Not stated"),
            Some(Status::Planned) => self.pick("计划", "Planned"),
            Some(Status::LandPreparation) => self.pick("土地整理", "Land preparation"),
            Some(Status::LandTransferPlanned) => self.pick("计划出让", "Transfer planned"),
            Some(Status::LandTransferred) => self.pick("已出让", "Transferred"),
            Some(Status::UnderConstruction) => self.pick("建设中", "Under construction"),
            Some(Status::UnderRenewal) => self.pick("更新改造中", "Under renewal"),
            Some(Status::Completed) => self.pick("已完成", "Completed"),
            Some(Status::InUse) => self.pick("已投用", "In use"),
        }
    }

    pub(super) fn located_by(self, located_by: LocatedBy) -> &'static str {
        match located_by {
            LocatedBy::Surveyed => self.pick("勘测", "Surveyed"),
            LocatedBy::Osm => self.pick("取自 OpenStreetMap", "OpenStreetMap"),
            LocatedBy::Digitised => self.pick("人工描绘", "Drawn by hand"),
            LocatedBy::Compiled => self.pick("由四至文字生成", "Compiled from its sentence"),
            LocatedBy::PublishedPoint => self.pick("公开点位", "Published point"),
            LocatedBy::Station => self.pick("同名地铁站", "Station of the same name"),
            LocatedBy::Relation => self.pick("所述位置关系", "Stated relation"),
            LocatedBy::Container => self.pick("仅知所在", "Container only"),
            LocatedBy::None => self.pick("未定位", "Not located"),
        }
    }

    pub(super) fn certainty(self, certainty: Certainty) -> &'static str {
        match certainty {
            Certainty::Certain => self.pick("确定", "Certain"),
            Certainty::Possible => self.pick("可能", "Possible"),
            Certainty::Borderline => self.pick("边界附近", "Near the boundary"),
        }
    }

    pub(super) fn unlocated(self) -> &'static str {
        self.pick("未定位", "Not located")
    }

    pub(super) fn reason(self, reason: Reason) -> &'static str {
        match reason {
            Reason::Geometry => self.pick("自身图形", "Its own geometry"),
            Reason::Container => self.pick("所在地", "Its container"),
        }
    }

    pub(super) fn relation(self, relation: Relation) -> &'static str {
        match relation {
            Relation::Intersects => self.pick("相交", "Intersects"),
            Relation::Within => self.pick("完全在内", "Wholly within"),
            Relation::Majority => self.pick("过半在内", "Mostly within"),
            Relation::Touches => self.pick("仅边界相接", "Touches only"),
        }
    }

    /// What the attribute of a stated quantity measures; one that is in no list, as the data name it.
    pub(crate) fn quantity(self, attribute: &str) -> &str {
        match attribute {
            "area_m2" => self.pick("所述面积", "Stated area"),
            "area" => self.pick("面积", "Area"),
            "land_area" => self.pick("用地面积", "Land area"),
            "floor_area" | "construction_floor_area" => self.pick("建筑面积", "Floor area"),
            "completed_floor_area" => self.pick("竣工面积", "Completed floor area"),
            "length" => self.pick("长度", "Length"),
            "width" => self.pick("宽度", "Width"),
            "height" => self.pick("高度", "Height"),
            "voltage" => self.pick("电压", "Voltage"),
            "investment" => self.pick("投资", "Investment"),
            "households" => self.pick("户数", "Households"),
            "dwellings" => self.pick("住房", "Dwellings"),
            "beds" => self.pick("床位", "Beds"),
            "places" => self.pick("学位", "School places"),
            "count" => self.pick("数量", "Count"),
            "target_year" => self.pick("目标年份", "Target year"),
            other => other,
        }
    }

    pub(crate) fn modality(self, modality: Option<Modality>) -> &'static str {
        match modality {
            None => "",
            Some(Modality::Done) => self.pick("已完成", "Done"),
            Some(Modality::UnderWay) => self.pick("进行中", "Under way"),
            Some(Modality::Intended) => self.pick("拟推进", "Intended"),
        }
    }
}
