"""Photos of a customer in the operator's chat, at the messenger's real pace: each once, in order, each answerable."""

from sandbox.toolkit.uploads import sample_file
from tests.story.stage import Stage, until, words

PHOTOS = 12


async def test_twelve_photos_and_an_album_arrive_once_and_in_order_and_each_can_be_answered(tmp_path):
    async with Stage(tmp_path, limits=True) as stage:
        await stage.open()
        stage.writes(stage.maria, "Посмотрите, пожалуйста")
        await stage.claims(stage.anna, "Мария")
        people, picture = stage.sandbox.people, sample_file("photo")
        for number in range(PHOTOS):
            people.file(stage.maria, stage.shop, "photo", picture, caption=f"фото {number}")
        await wait_for(stage, PHOTOS)
        captions = [words(one) for one in stage.chat(stage.anna) if one.is_out and words(one).startswith("фото ")]
        assert captions == [f"фото {number}" for number in range(PHOTOS)]

        acts = people.album(stage.maria, stage.shop, [("photo", picture)] * 3, caption="альбом")
        stage.writes(stage.maria, "Какая лучше?")
        await wait_for(stage, PHOTOS + 3)
        await stage.sees(stage.anna, lambda one: words(one).endswith("Какая лучше?"))
        third = photos(stage)[-1]
        stage.says(stage.anna, "Вот эта", reply_to=third.message_id)
        heard = await stage.sees(stage.maria, lambda one: words(one) == "Вот эта")
        assert heard.body["reply_to_message"]["message_id"] == acts[2].message.message_id
        assert len(photos(stage)) == PHOTOS + 3


def photos(stage):
    """The photos in Anna's chat, oldest first."""
    return [one for one in stage.chat(stage.anna) if one.is_out and one.body.get("photo")]


async def wait_for(stage, count):
    """Waits for so many photos, and for what announced a slow one to be gone."""

    async def here():
        announced = [one for one in stage.chat(stage.anna) if "загружается" in words(one)]
        return len(photos(stage)) >= count and not announced

    await until(here, lambda: f"{len(photos(stage))} photos\n{stage.gateway.log[-3000:]}", seconds=90)
