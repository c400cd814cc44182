//! `renewal-map render`: a view as a file, without a service.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{ArgGroup, Args, ValueEnum};
use renewal_map::{
    area::Patience,
    model::{Role, Text, View, Viewer},
    render::{
        brief::Brief,
        picture::{Form, Kind, Orientation, Page, Paper, SCALE, Size, SizeError, picture},
        qr::Code,
    },
    share::{self, Opened},
    store::{
        live::{Live, Moment},
        record::{ShareId, Sight},
    },
    tiles::base_map::BaseMap,
};

use super::{District, base_map::BaseMapOptions};

/// How long drawing may take where nobody else waits for his turn.
const TIME_LIMIT: Duration = Duration::from_mins(10);

#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["share", "state"]))]
pub struct Render {
    /// 分享的编号，如 k7m3p-9xq2w (the name of a share)
    #[arg(long, value_name = "ID", requires = "data", value_parser = parse_share)]
    share: Option<ShareId>,
    /// 存有视图的文件：地图页的地址，或其中 ? 之后的部分 (a file with a view: the address of the map page, or what follows its ?)
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// 写入的文件；格式看结尾：.png .pdf .pptx .zip，或 .qr.svg (the file to write, its end tells the format)
    #[arg(long, value_name = "FILE", value_parser = parse_out)]
    out: (PathBuf, Kind),
    /// 图片的宽高，像素 (width and height of a .png, pixels)
    #[arg(long, value_name = "WxH", default_value = "1600x900", value_parser = parse_size)]
    size: (u32, u32),
    /// 每个像素在 .png 中占几个像素，1 到 3 (pixels of a .png for one of the picture)
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    ratio: f32,
    /// .pdf 的纸张 (paper of a .pdf)
    #[arg(long, value_enum, ignore_case = true, default_value = "a4")]
    paper: PaperWord,
    /// .pdf 的方向 (how the page of a .pdf lies)
    #[arg(long, value_enum, default_value = "landscape")]
    orientation: OrientationWord,
    /// .pdf 的比例尺分母，如 5000；不给则取能显示全图的常用比例尺 (scale of a .pdf, 1 to so many; the largest usual one that shows the view without it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(i64::from(SCALE.0)..=i64::from(SCALE.1)))]
    scale: Option<u32>,
    /// 按谁看得到的画 (draw what such a one may see)
    #[arg(long = "as", value_name = "WHO", value_enum, default_value = "anyone")]
    viewer: ViewerWord,
    /// 服务的对外地址，图上的链接和二维码由此而来 (address of the service, for link and QR code)
    #[arg(long, value_name = "URL", env = "RENEWAL_MAP_PUBLIC_URL")]
    public_url: Option<String>,
    /// 审图号 (the number under which the map was approved for publication)
    #[arg(long, value_name = "TEXT", env = "RENEWAL_MAP_MAP_APPROVAL")]
    map_approval: Option<String>,
    #[command(flatten)]
    base_map: BaseMapOptions,
    #[command(flatten)]
    district: District,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PaperWord {
    A4,
    A3,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OrientationWord {
    Landscape,
    Portrait,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ViewerWord {
    /// 没有账户的人 (somebody without an account)
    Anyone,
    /// 读者 (a reader)
    Reader,
    /// 编辑 (an editor)
    Editor,
    /// 管理员 (an administrator)
    Administrator,
}

impl From<ViewerWord> for Viewer {
    fn from(word: ViewerWord) -> Self {
        Self(match word {
            ViewerWord::Anyone => None,
            ViewerWord::Reader => Some(Role::Reader),
            ViewerWord::Editor => Some(Role::Editor),
            ViewerWord::Administrator => Some(Role::Administrator),
        })
    }
}

fn parse_share(text: &str) -> Result<ShareId, String> {
    text.parse().map_err(|()| {
        "应为分享的编号，如 k7m3p-9xq2w (it should be the name of a share)".to_owned()
    })
}

fn parse_out(text: &str) -> Result<(PathBuf, Kind), String> {
    let lower = text.to_ascii_lowercase();
    Kind::split(&lower)
        .map(|(_, kind)| (text.into(), kind))
        .ok_or_else(|| {
            let endings = Kind::ENDINGS.map(|(ending, _)| ending).join(" ");
            format!("文件应以其中之一结尾：{endings} (the file should end in one of these)")
        })
}

fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once(['x', '×']);
    sides
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .ok_or_else(|| "应为宽x高，如 1600x900 (it should be width and height)".to_owned())
}

/// Draws, and writes the file.
pub fn render(options: &Render) -> Result<(), String> {
    let (out, _) = &options.out;
    let base_map = options.base_map.base_map()?;
    let live = options.live()?;
    let bytes = match &options.share {
        Some(id) => of_share(options, &live, id, base_map.as_ref())?,
        None => of_state(options, &live, base_map.as_ref())?,
    };
    fs::write(out, bytes).map_err(|error| format!("{}: {error}", out.display()))
}

fn of_share(
    options: &Render,
    live: &Live,
    id: &ShareId,
    base_map: Option<&BaseMap>,
) -> Result<Vec<u8>, String> {
    let record = live.record().ok_or("--share: --data")?;
    let viewer = options.viewer.into();
    let opened = Opened::find(live, record, id, viewer, base_map.is_some())
        .map_err(|error| error.to_string())?
        .ok_or_else(|| {
            Text::new(
                format!("没有编号为 {id} 的分享"),
                format!("there is no share of the name {id}"),
            )
            .to_string()
        })?;
    for missing in &opened.missing {
        eprintln!("{missing}");
    }
    let link = options.address(&format!("s/{id}"));
    let brief = Brief {
        snapshot: &opened.snapshot,
        view: &opened.view,
        title: &opened.share.what.title,
        note: &opened.share.what.note,
        missing: &opened.missing,
        time: Some(opened.time),
        link: link.as_deref(),
        approval: options.map_approval.as_deref(),
        base_map,
    };
    options.draw(&brief)
}

fn of_state(options: &Render, live: &Live, base_map: Option<&BaseMap>) -> Result<Vec<u8>, String> {
    let file = options.state.as_deref().unwrap_or(Path::new(""));
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let text = text.trim();
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let (mut view, mut missing) = View::parse(query);
    let viewer = options.viewer.into();
    let latest = live.latest(viewer);
    let (snapshot, time) = match (live.record(), view.revision) {
        (Some(record), asked) => {
            let snapshot = live
                .at(Moment::of(asked), viewer)
                .map_err(|error| error.to_string())?;
            let sight = Sight::of(viewer, &latest);
            let known = record.seen_by(&sight, snapshot.revision);
            let known = known.map_err(|error| error.to_string())?;
            view.revision = Some(snapshot.revision.0);
            (snapshot, known.map(|(_, time)| time))
        }
        (None, Some(asked)) if asked != latest.revision.0 => {
            return Err(Text::new(
                format!("没有版本 {asked}：请用 --data 给出库所在目录"),
                format!("there is no revision {asked}: give the folder of the record with --data"),
            )
            .to_string());
        }
        (None, _) => (latest, None),
    };
    let link = options.address(&format!("?{}", view.to_query()));
    missing.extend(share::take_out(&mut view, &snapshot, base_map.is_some()));
    for missing in &missing {
        eprintln!("{missing}");
    }
    let brief = Brief {
        snapshot: &snapshot,
        view: &view,
        title: "",
        note: "",
        missing: &missing,
        time,
        link: link.as_deref(),
        approval: options.map_approval.as_deref(),
        base_map,
    };
    options.draw(&brief)
}

impl Render {
    /// The data: of the record, where there is one.
    fn live(&self) -> Result<Live, String> {
        let record = self.district.record().map_err(|error| error.to_string())?;
        match record {
            Some(record) => Live::of(record).map_err(|error| error.to_string()),
            None => Ok(Live::fixed(self.district.load()?)),
        }
    }

    fn address(&self, path: &str) -> Option<String> {
        let root = self.public_url.as_deref()?;
        Some(format!("{}/{path}", root.trim_end_matches('/')))
    }

    fn draw(&self, brief: &Brief<'_>) -> Result<Vec<u8>, String> {
        let form = match self.out.1 {
            Kind::Png => {
                let (width, height) = self.size;
                let size = Size::new(width, height, self.ratio).map_err(|error| match error {
                    SizeError::OutOfBounds(text) | SizeError::TooLarge(text) => text.to_string(),
                })?;
                Form::Png(size)
            }
            Kind::Pdf => Form::Pdf(Page {
                paper: match self.paper {
                    PaperWord::A4 => Paper::A4,
                    PaperWord::A3 => Paper::A3,
                },
                orientation: match self.orientation {
                    OrientationWord::Landscape => Orientation::Landscape,
                    OrientationWord::Portrait => Orientation::Portrait,
                },
                scale: self.scale,
            }),
            Kind::Pptx => Form::Pptx,
            Kind::Pack => Form::Pack,
            Kind::Qr => {
                let link = brief.link.ok_or_else(|| {
                    Text::new(
                        "二维码要有服务的地址：请用 --public-url 给出",
                        "a QR code needs the address of the service: give it with --public-url",
                    )
                    .to_string()
                })?;
                let code = Code::of(link).map_err(|text| text.to_string())?;
                return Ok(code.svg().into_bytes());
            }
        };
        let patience = Patience::new(TIME_LIMIT, Arc::default());
        let picture = picture(brief, form, &patience);
        let picture = picture.map_err(|failure| failure.text().to_string())?;
        if picture.ground.lacks() {
            eprintln!("{}", brief.ground_credit(picture.ground));
        }
        Ok(picture.bytes)
    }
}
