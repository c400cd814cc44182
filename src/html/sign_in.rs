//! Where people come in: signing in, and joining by a one-time link. In both languages, for nobody
//! has chosen one yet.

use maud::{DOCTYPE, Markup, html};

use crate::{
    model::{Role, Text},
    people::MIN_CHARACTERS,
};

/// Who stands at the door.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Somebody who may sign in.
    SignIn {
        /// The name that they gave before.
        name: String,
        /// Where they go then: a path of the service.
        next: String,
        /// What people call the identity provider, where there is one.
        provider: Option<String>,
    },
    /// Somebody who has signed in.
    SignedIn {
        /// Their name.
        name: String,
        /// What they may do.
        role: Role,
        /// What shows that this page asks for the end of their session.
        csrf: String,
        /// Where they come from: a path of the service.
        next: String,
    },
    /// Somebody with a one-time link.
    Join {
        /// Their name, or the one that they gave before.
        name: String,
        /// Whether they choose it.
        is_new: bool,
    },
    /// Somebody with a link that holds no more.
    Over,
}

/// The page, `root` away from the root of the service, and what was wrong before.
#[must_use]
pub fn entrance(map: &Text, root: &str, entry: &Entry, wrong: Option<&Text>) -> String {
    let (zh, en) = match entry {
        Entry::SignIn { .. } => ("登录", "Sign in"),
        Entry::SignedIn { .. } => ("已登录", "Signed in"),
        Entry::Over => ("链接无效", "No such link"),
        Entry::Join { .. } => ("设置密码", "Choose a password"),
    };
    let markup = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (zh) " " (en) " · " (map.zh) }
                link rel="icon" href={ (root) "favicon.svg" } type="image/svg+xml";
                link rel="stylesheet" href={ (root) "pages.css" };
            }
            body {
                header.bar {
                    div {
                        a.home href=(if root.is_empty() { "./" } else { root }) {
                            img src={ (root) "favicon.svg" } alt="" width="26" height="26";
                            (map.zh)
                        }
                    }
                }
                main {
                    section.entrance {
                        h1 { (zh) " " small lang="en" { (en) } }
                        @if let Some(wrong) = wrong {
                            p.wrong role="alert" { (wrong.zh) br; span lang="en" { (wrong.en) } }
                        }
                        (body(root, entry))
                    }
                }
            }
        }
    };
    markup.into_string()
}

fn body(root: &str, entry: &Entry) -> Markup {
    match entry {
        Entry::SignIn {
            name,
            next,
            provider,
        } => html! {
            @if let Some(title) = provider {
                @let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
                div.provider {
                    a.button.main href={ (root) "sign-in/oidc?next=" (next) } {
                        (title) " " small lang="en" { "Single sign-on" }
                    }
                }
            }
            form method="post" action={ (root) "sign-in" } {
                input type="hidden" name="next" value=(next);
                (field("name", "text", "username", ("姓名", "Name"), name))
                (field("password", "password", "current-password", ("密码", "Password"), ""))
                (button("登录", "Sign in"))
            }
        },
        Entry::SignedIn {
            name,
            role,
            csrf,
            next,
        } => {
            let role = role.title();
            html! {
                p { strong { (name) } "，" (role.zh) " " small lang="en" { (role.en) } }
                div.actions {
                    a.button.main href=(next) { "继续 " small lang="en" { "Go on" } }
                    form method="post" action={ (root) "sign-out" } {
                        input type="hidden" name="csrf" value=(csrf);
                        button.button type="submit" { "退出 " small lang="en" { "Sign out" } }
                    }
                }
            }
        }
        Entry::Over => html! {
            p { a href={ (root) "sign-in" } { "登录 " small lang="en" { "Sign in" } } }
        },
        Entry::Join { name, is_new } => html! {
            @if !is_new {
                p { strong { (name) } }
            }
            form method="post" {
                @if *is_new {
                    (field("name", "text", "username", ("姓名", "Name"), name))
                    p.fine { "姓名写入每个版本的记录。" span lang="en" { "It stands in the record of every revision." } }
                } @else {
                    // Password managers keep the two together.
                    input type="hidden" name="username" autocomplete="username" value=(name);
                }
                (field("password", "password", "new-password", ("新密码", "New password"), ""))
                (field("again", "password", "new-password", ("再输一次", "Once more"), ""))
                p.fine {
                    "至少 " (MIN_CHARACTERS) " 个字符。"
                    span lang="en" { "At least " (MIN_CHARACTERS) " characters." }
                }
                (button("确定", "Set"))
            }
        },
    }
}

fn field(name: &str, kind: &str, fills: &str, (zh, en): (&str, &str), value: &str) -> Markup {
    html! {
        label {
            span { (zh) " " small lang="en" { (en) } }
            input name=(name) type=(kind) autocomplete=(fills) value=(value) required;
        }
    }
}

fn button(zh: &str, en: &str) -> Markup {
    html! { button.button.main type="submit" { (zh) " " small lang="en" { (en) } } }
}
