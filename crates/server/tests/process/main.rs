//! The program `rollbook` as an operator meets it: a process that is started, stopped and killed.
//!
//! An integration test, unlike all others, because only here cargo builds the program first and says
//! where it is.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, also outside of the function that cargo calls"
)]

mod account;
mod canary;
mod check;
mod client;
mod crash;
mod demo;
mod import;
mod learner;
mod learners;
mod lease;
mod nodes;
mod server;
mod statement;
mod stop;
mod together;
mod writer;

/// Makes `sqlite` and `postgres` of a function that takes a fresh store.
macro_rules! on_both {
    ($name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn sqlite() {
            $name(crate::server::Store::sqlite()).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn postgres() {
            match crate::server::Store::postgres().await {
                Some(store) => $name(store).await,
                None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
            }
        }
    };
}
pub(crate) use on_both;
