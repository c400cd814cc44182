//! How far a project or a parcel has come.

use serde::{Deserialize, Serialize};

/// What stands for “nothing states one” among statuses, and among categories of land use.
pub const NOT_STATED: &str = "none";

/// The controlled list of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 计划: a document intends it.
    Planned,
    /// 土地整理: the land is being prepared.
    LandPreparation,
    /// 计划出让: the land is to be offered.
    LandTransferPlanned,
    /// 已出让: the land has been transferred.
    LandTransferred,
    /// 建设中.
    UnderConstruction,
    /// 更新改造中.
    UnderRenewal,
    /// 已完成.
    Completed,
    /// 已投用.
    InUse,
}

impl Status {
    /// The whole list, from the first thought to the finished building.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::LandPreparation,
        Self::LandTransferPlanned,
        Self::LandTransferred,
        Self::UnderConstruction,
        Self::UnderRenewal,
        Self::Completed,
        Self::InUse,
    ];

    /// The word that data and API use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::LandPreparation => "land_preparation",
            Self::LandTransferPlanned => "land_transfer_planned",
            Self::LandTransferred => "land_transferred",
            Self::UnderConstruction => "under_construction",
            Self::UnderRenewal => "under_renewal",
            Self::Completed => "completed",
            Self::InUse => "in_use",
        }
    }

    /// Whether a sentence of this modality can give this status: an intention builds nothing.
    #[must_use]
    pub fn follows_from(self, modality: Modality) -> bool {
        match modality {
            Modality::Done => true,
            Modality::UnderWay => !matches!(self, Self::Completed | Self::InUse),
            Modality::Intended => matches!(self, Self::Planned | Self::LandTransferPlanned),
        }
    }
}

/// Whether a sentence tells of something done, going on, or meant to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// It has happened.
    Done,
    /// It is happening.
    UnderWay,
    /// It is to happen.
    Intended,
}
